import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SpeakerIdentification,
  type SpeakerMatch,
  type SpeakerWatch,
  type WatchedSegment,
  type WatchedSession,
} from '../../src/listen/speakers/speaker-identification.js';
import { ListenHarness } from './support/listen-harness.js';

class ScriptedIdentification extends SpeakerIdentification {
  override readonly learns = true;
  session: WatchedSession | undefined;
  match: (match: SpeakerMatch) => void = () => undefined;
  readonly segments: WatchedSegment[] = [];
  heardMs = 0;

  override begin(session: WatchedSession, onMatch: (match: SpeakerMatch) => void): SpeakerWatch {
    this.session = session;
    this.match = onMatch;
    return {
      hear: (_, pcm) => void (this.heardMs += pcm.length / (session.sampleRate / 1000)),
      segment: (segment) => void this.segments.push(segment),
      close: () => Promise.resolve(),
    };
  }
}

describe('speakers', () => {
  let harness: ListenHarness;
  let voices: ScriptedIdentification;
  beforeEach(async () => {
    voices = new ScriptedIdentification();
    harness = await ListenHarness.start({}, voices);
  });
  afterEach(() => harness.stop());

  async function twoVoices() {
    const caller = await harness.dial('?sample_rate=8000');
    const mic = harness.legs.of('mic');
    mic.says('Hello.', 0, { speaker: 0 });
    mic.says('Hello, Ann.', 2000, { speaker: 1 });
    await harness.settle(caller);
    return { caller, mic };
  }
  const ann = { person_id: 'p1', person_name: 'Ann' };

  it('are who the client says they are, also in what they say later', async () => {
    const { caller, mic } = await twoVoices();
    const id = caller.conversationId;
    const [first, second] = caller.transcript;
    await harness.sends(caller, { type: 'speaker_assigned', segment_ids: [first!.id], speaker_id: 1, ...ann });
    expect(caller.transcript).toEqual([{ ...first, person_id: 'p1' }, second]);
    mic.says('It is raining.', 60_000, { speaker: 0 });
    mic.says('Of course it is.', 62_000, { speaker: 1 });
    // The same label of another connection is another voice.
    mic.says('Who are you?', 64_000, { speaker: 0, epoch: 2 });
    await harness.settle(caller);
    expect(caller.transcript.map(({ person_id }) => person_id)).toEqual(['p1', null, 'p1', null, null]);
    await harness.store.until(() => harness.store.said(id).length === 5);
    expect(harness.store.records.get(id)!.listened).toMatchObject({
      people: { p1: 'Ann' },
      segments: [{ person_id: 'p1' }, { person_id: null }, { person_id: 'p1' }, {}, {}],
    });
    expect(harness.links.newest.samples).toEqual([
      { tenant: 'acme', conversationId: id, segmentIds: [first!.id], personId: 'p1', personName: 'Ann' },
    ]);
    expect(harness.links.newest.segments.at(1)!.segments).toMatchObject([{ id: first!.id, person_id: 'p1' }]);
  });

  it('of another conversation stay who they are', async () => {
    const { caller, mic } = await twoVoices();
    const [old] = caller.transcript;
    await harness.pass(130_000, caller);
    mic.says('Me again.', 131_000, { speaker: 0 });
    await harness.settle(caller);
    await harness.sends(caller, { type: 'speaker_assigned', segment_ids: [old!.id], speaker_id: 1, ...ann });
    expect(await caller.next('error')).toMatchObject({ code: 'invalid_message' });
    expect(caller.transcript.map(({ person_id }) => person_id)).toEqual([null, null, null]);
    expect(harness.links.newest.samples).toEqual([]);
  });

  it('are known by their voices, and the client hears how sure that is', async () => {
    const { caller } = await twoVoices();
    const [first] = caller.transcript;
    await harness.sends(caller, Buffer.alloc(16_000));
    expect(voices).toMatchObject({
      session: { tenant: 'acme', subject: 'desk-1', sampleRate: 8000, sources: ['mic'] },
      heardMs: 1000,
    });
    expect(voices.segments).toMatchObject([
      { id: first!.id, source: 'mic', speakerId: 1, personId: null, startMs: 0, endMs: 1000 },
      { source: 'mic', speakerId: 2, startMs: 2000, endMs: 3000 },
    ]);
    const { conversationId } = caller;
    const match = {
      speakerId: 1,
      segmentId: first!.id,
      segmentIds: [first!.id],
      personId: 'p1',
      personName: 'Ann',
      isUser: true,
      distance: 0.2,
    };
    voices.match({ conversationId: 'another', ...match });
    voices.match({ conversationId, ...match });
    expect(await caller.next('speaker_label_suggestion')).toEqual({
      type: 'speaker_label_suggestion',
      speaker_id: 1,
      person_id: 'p1',
      person_name: 'Ann',
      distance: 0.2,
      segments: [first!.id],
      segment_id: first!.id,
    });
    expect(caller.transcript[0]).toEqual({ ...first, person_id: 'p1', is_user: true });
    expect(voices.segments.at(-1)).toMatchObject({ id: first!.id, personId: 'p1' });
    // Nobody is taught by what was only suggested.
    expect(harness.links.newest.samples).toEqual([]);
  });
});
