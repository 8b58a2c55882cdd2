import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Clock } from '../../kernel/clock.js';

export interface Customer {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}

export interface Account {
  readonly kind: string;
  /** Dollars; negative when overdrawn. */
  readonly balance: number;
}

export interface Transaction {
  readonly id: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly merchant: string;
  /** Dollars; negative when money went out. */
  readonly amount: number;
}

export interface Card {
  readonly last4: string;
  readonly kind: string;
  readonly blocked: boolean;
}

/**
 * The bank behind the banking tools: invented customers in a SQLite database in memory, one for the whole process and
 * new with every start. A real deployment replaces the tools, not this class.
 */
@Injectable()
export class SampleBank implements OnApplicationShutdown {
  private readonly database = new DatabaseSync(':memory:');

  constructor(private readonly clock: Clock) {
    this.database.exec(SCHEMA);
    this.seed(JSON.parse(readFileSync(new URL('./sample-bank.json', import.meta.url), 'utf8')) as SampleData);
  }

  /** By customer number, or by the last four digits of one of their cards. */
  findCustomer(by: { customerNumber?: string | undefined; cardLast4?: string | undefined }): Customer | undefined {
    const found =
      by.customerNumber === undefined
        ? this.one(
            `${CUSTOMER} JOIN cards ON cards.customer_id = customers.id WHERE cards.last4 = ?`,
            by.cardLast4 ?? '',
          )
        : this.one(`${CUSTOMER} WHERE customers.id = ?`, by.customerNumber);
    return found as Customer | undefined;
  }

  /** `birthDate`: digits of the date as month, day and year. Without any secret, nothing matches. */
  secretMatches(customerId: string, secret: { pin?: string | undefined; birthDate?: string | undefined }): boolean {
    const row = this.one('SELECT pin, birth_date AS birthDate FROM customers WHERE id = ?', customerId);
    if (!row || (secret.pin === undefined && secret.birthDate === undefined)) return false;
    const { pin, birthDate } = row as { pin: string; birthDate: string };
    const [year, month, day] = birthDate.split('-');
    return (secret.pin ?? pin) === pin && (secret.birthDate ?? `${month}${day}${year}`) === `${month}${day}${year}`;
  }

  accounts(customerId: string): Account[] {
    return this.all(
      'SELECT kind, balance FROM accounts WHERE customer_id = ? ORDER BY id',
      customerId,
    ) as unknown as Account[];
  }

  /** Newest first. */
  transactions(customerId: string, limit: number): Transaction[] {
    return this.all(
      `SELECT transactions.id, date, merchant, amount FROM transactions JOIN accounts ON accounts.id = account_id
       WHERE customer_id = ? ORDER BY date DESC, transactions.id LIMIT ?`,
      customerId,
      limit,
    ) as unknown as Transaction[];
  }

  cards(customerId: string): Card[] {
    const rows = this.all('SELECT last4, kind, blocked FROM cards WHERE customer_id = ? ORDER BY last4', customerId);
    return rows.map((row) => ({
      last4: String(row['last4']),
      kind: String(row['kind']),
      blocked: row['blocked'] === 1,
    }));
  }

  /** Blocking a blocked card changes nothing. */
  blockCard(customerId: string, last4: string, reason: string): void {
    this.database
      .prepare('UPDATE cards SET blocked = 1, block_reason = ? WHERE customer_id = ? AND last4 = ? AND blocked = 0')
      .run(reason, customerId, last4);
  }

  /** A case number. The same transaction reported again keeps the one it has. */
  reportCharge(customerId: string, charge: { transactionId?: string | undefined; description: string }): string {
    const transactionId = charge.transactionId ?? null;
    const open =
      transactionId === null ? undefined : this.one('SELECT id FROM disputes WHERE transaction_id = ?', transactionId);
    if (open) return caseNumber(Number(open['id']));
    const { lastInsertRowid } = this.database
      .prepare('INSERT INTO disputes (customer_id, transaction_id, description) VALUES (?, ?, ?)')
      .run(customerId, transactionId, charge.description);
    return caseNumber(Number(lastInsertRowid));
  }

  /** Throws when the database does not answer. */
  ping(): void {
    this.one('SELECT 1');
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Idempotent. */
  close(): void {
    if (this.database.isOpen) this.database.close();
  }

  private one(sql: string, ...values: (string | number)[]): Record<string, unknown> | undefined {
    return this.database.prepare(sql).get(...values);
  }

  private all(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    return this.database.prepare(sql).all(...values);
  }

  private seed(data: SampleData): void {
    const insert = (table: string, row: readonly (string | number)[]): void => {
      this.database.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`).run(...row);
    };
    for (const { id, firstName, lastName, pin, birthDate } of data.customers)
      insert('customers', [id, firstName, lastName, pin, birthDate]);
    for (const { id, customerId, kind, balance } of data.accounts) insert('accounts', [id, customerId, kind, balance]);
    for (const { last4, customerId, accountId, kind } of data.cards)
      insert('cards', [last4, customerId, accountId, kind, 0, '']);
    for (const { id, accountId, daysAgo, merchant, amount } of data.transactions) {
      insert('transactions', [id, accountId, this.dayBefore(daysAgo), merchant, amount]);
    }
  }

  private dayBefore(days: number): string {
    return new Date(this.clock.wallTime() - days * 86_400_000).toISOString().slice(0, 10);
  }
}

interface SampleData {
  readonly customers: readonly { id: string; firstName: string; lastName: string; pin: string; birthDate: string }[];
  readonly accounts: readonly { id: string; customerId: string; kind: string; balance: number }[];
  readonly cards: readonly { last4: string; customerId: string; accountId: string; kind: string }[];
  readonly transactions: readonly {
    id: string;
    accountId: string;
    daysAgo: number;
    merchant: string;
    amount: number;
  }[];
}

function caseNumber(id: number): string {
  return String(7000 + id);
}

const CUSTOMER = 'SELECT customers.id, first_name AS firstName, last_name AS lastName FROM customers';

const SCHEMA = `
  CREATE TABLE customers (id TEXT PRIMARY KEY, first_name TEXT, last_name TEXT, pin TEXT, birth_date TEXT) STRICT;
  CREATE TABLE accounts (id TEXT PRIMARY KEY, customer_id TEXT REFERENCES customers, kind TEXT, balance REAL) STRICT;
  CREATE TABLE cards (last4 TEXT PRIMARY KEY, customer_id TEXT REFERENCES customers, account_id TEXT REFERENCES accounts,
    kind TEXT, blocked INTEGER, block_reason TEXT) STRICT;
  CREATE TABLE transactions (id TEXT PRIMARY KEY, account_id TEXT REFERENCES accounts, date TEXT, merchant TEXT, amount REAL) STRICT;
  CREATE TABLE disputes (id INTEGER PRIMARY KEY, customer_id TEXT REFERENCES customers,
    transaction_id TEXT UNIQUE REFERENCES transactions, description TEXT) STRICT;
`;
