/**
 * As much of WASI preview 1 as a program needs that reads its arguments, prints, and writes files: everything stays in
 * memory. Node's own `node:wasi` is experimental and would write real files.
 */

const OK = 0;
const BAD_FD = 8;
const NOT_FOUND = 44;
const NOT_SEEKABLE = 70;
const FD_STDOUT = 1;
const FD_STDERR = 2;
/** The only directory there is. */
const FD_ROOT = 3;
const FILETYPE_DEVICE = 2;
const FILETYPE_DIRECTORY = 3;
const FILETYPE_FILE = 4;
const OPEN_CREATE = 1;
const ALL_RIGHTS = 0xffff_ffff_ffff_ffffn;

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** What was written, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** One instance of the program: instantiating takes some milliseconds, so it may be done before there is work. */
export class WasiProgram {
  private readonly memory: WebAssembly.Memory;
  private readonly entry: () => void;
  private readonly files = new Map<number, MemoryFile>();
  private readonly stdout: Uint8Array[] = [];
  private args: readonly Uint8Array[] = [];
  private nextFd = FD_ROOT + 1;

  constructor(module: WebAssembly.Module) {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.imports() });
    this.memory = instance.exports['memory'] as WebAssembly.Memory;
    this.entry = instance.exports['_start'] as () => void;
  }

  /** Runs to its end, synchronously; once only. Throws what the program traps with. */
  run(args: readonly string[]): ProgramResult {
    this.args = args.map((arg) => Buffer.from(`${arg}\0`));
    let exitCode = 0;
    try {
      this.entry();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      exitCode = error.code;
    }
    const files = new Map([...this.files.values()].map((file) => [file.name, file.content]));
    return { exitCode, stdout: Buffer.concat(this.stdout).toString(), files };
  }

  /** Fresh each time: growing the memory detaches the old view. */
  private get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  private bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, pointer, length);
  }

  private imports(): WebAssembly.ImportedFunctions {
    return {
      args_sizes_get: (countPointer: number, sizePointer: number) => {
        this.view.setUint32(countPointer, this.args.length, true);
        this.view.setUint32(
          sizePointer,
          this.args.reduce((sum, arg) => sum + arg.length, 0),
          true,
        );
        return OK;
      },
      args_get: (pointers: number, buffer: number) => {
        let at = buffer;
        this.args.forEach((arg, i) => {
          this.view.setUint32(pointers + 4 * i, at, true);
          this.bytes(at, arg.length).set(arg);
          at += arg.length;
        });
        return OK;
      },
      clock_time_get: (_id: number, _precision: bigint, pointer: number) => {
        this.view.setBigUint64(pointer, BigInt(Math.round(performance.now() * 1e6)), true);
        return OK;
      },
      fd_close: () => OK,
      fd_fdstat_get: (fd: number, pointer: number) => {
        const type = fd === FD_ROOT ? FILETYPE_DIRECTORY : fd < FD_ROOT ? FILETYPE_DEVICE : FILETYPE_FILE;
        this.view.setUint8(pointer, type);
        this.view.setUint16(pointer + 2, 0, true);
        this.view.setBigUint64(pointer + 8, ALL_RIGHTS, true);
        this.view.setBigUint64(pointer + 16, ALL_RIGHTS, true);
        return OK;
      },
      fd_fdstat_set_flags: () => OK,
      fd_prestat_get: (fd: number, pointer: number) => {
        if (fd !== FD_ROOT) return BAD_FD;
        this.view.setUint8(pointer, 0);
        this.view.setUint32(pointer + 4, 1, true);
        return OK;
      },
      fd_prestat_dir_name: (_fd: number, pointer: number, length: number) => {
        this.bytes(pointer, length).set(Buffer.from('.').subarray(0, length));
        return OK;
      },
      fd_read: (_fd: number, _vectors: number, _count: number, readPointer: number) => {
        this.view.setUint32(readPointer, 0, true);
        return OK;
      },
      fd_seek: (fd: number, offset: bigint, whence: number, pointer: number) => {
        const file = this.files.get(fd);
        if (!file) return NOT_SEEKABLE;
        this.view.setBigUint64(pointer, BigInt(file.seek(Number(offset), whence)), true);
        return OK;
      },
      fd_write: (fd: number, vectors: number, count: number, writtenPointer: number) => {
        let written = 0;
        for (let i = 0; i < count; i++) {
          const pointer = this.view.getUint32(vectors + 8 * i, true);
          const length = this.view.getUint32(vectors + 8 * i + 4, true);
          this.write(fd, this.bytes(pointer, length));
          written += length;
        }
        this.view.setUint32(writtenPointer, written, true);
        return OK;
      },
      path_open: (_fd: number, _lookup: number, path: number, length: number, flags: number, ...rest: unknown[]) => {
        if (!(flags & OPEN_CREATE)) return NOT_FOUND;
        const fd = this.nextFd++;
        this.files.set(fd, new MemoryFile(Buffer.from(this.bytes(path, length)).toString()));
        this.view.setUint32(rest[3] as number, fd, true);
        return OK;
      },
      proc_exit: (code: number) => {
        throw new Exit(code);
      },
    };
  }

  private write(fd: number, bytes: Uint8Array): void {
    if (fd === FD_STDOUT) this.stdout.push(Uint8Array.from(bytes));
    else if (fd !== FD_STDERR) this.files.get(fd)?.write(bytes);
  }
}

class MemoryFile {
  private buffer = new Uint8Array(64 * 1024);
  private length = 0;
  private position = 0;

  constructor(readonly name: string) {}

  get content(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  write(bytes: Uint8Array): void {
    const end = this.position + bytes.length;
    if (end > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.buffer.length * 2, end));
      larger.set(this.content);
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.position);
    this.position = end;
    this.length = Math.max(this.length, end);
  }

  /** @param whence 0 from the start, 1 from the position, 2 from the end. */
  seek(offset: number, whence: number): number {
    this.position = offset + [0, this.position, this.length][whence]!;
    return this.position;
  }
}
