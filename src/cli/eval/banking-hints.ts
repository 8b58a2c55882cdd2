import type { SpeechHints, SpeechSlot } from '../../speech/stt-stream.js';

const slots: Readonly<Record<string, SpeechSlot>> = {
  last_four: { kind: 'digits', minLength: 4, maxLength: 4 },
  amount: { kind: 'amount' },
  date: { kind: 'date' },
  confirmation: { kind: 'yesno' },
  card_type: {
    kind: 'choice',
    values: [
      { value: 'credit', synonyms: ['visa', 'mastercard'] },
      { value: 'debit', synonyms: ['bank', 'checking'] },
    ],
  },
  account: {
    kind: 'choice',
    values: [
      { value: 'savings', synonyms: ['savings account', 'my savings'] },
      { value: 'checking', synonyms: ['checking account', 'my checking account'] },
    ],
  },
};

/** What a bank's telephone concierge may be told: sixty phrases of ten intents. */
const phrases: readonly string[] = [
  'block my {card_type} card',
  'block my card',
  'my card was stolen',
  'my {card_type} card was stolen',
  'i lost my {card_type} card',
  'i lost my card',
  'i lost my wallet',
  'freeze my card',
  'cancel my {card_type} card',
  'my card is missing',
  'i need a new card',
  'order a replacement card',
  'activate my new card',
  'what is my balance',
  "what's my balance",
  'check my balance',
  'how much money do i have',
  'how much is in my {account}',
  'account balance',
  'what is the balance of my {account}',
  'recent transactions',
  'show me my recent transactions',
  'what did i spend last week',
  'list my last payments',
  'transaction history',
  'when was my last deposit',
  'has my salary arrived',
  'speak to a person',
  'talk to an agent',
  'transfer me to a human',
  'speak to a representative',
  'get me the operator',
  'customer service',
  'report fraud',
  "i don't recognize a charge",
  'i did not make this payment',
  'report a suspicious transaction',
  'someone used my card',
  'dispute a charge',
  'there is a strange charge on my account',
  'transfer {amount} to {account}',
  'send {amount} to {account}',
  'make a transfer',
  'pay my bill',
  'pay {amount} on my credit card',
  'schedule a payment for {date}',
  'repeat that',
  'say that again please',
  'can you repeat that',
  'sorry i did not hear you',
  'goodbye',
  'that is all thank you',
  "no that's everything",
  'help',
  'what can you do',
  'change my address',
  'change my pin',
  'reset my password',
  'opening hours',
  'where is the nearest branch',
];

const base = { language: 'en-US', phrases, slots };

/** The whole grammar, every slot answerable on its own. */
export const wholeGrammar: SpeechHints = {
  ...base,
  id: 'eval-whole',
  answers: ['last_four', 'amount', 'date', 'confirmation'],
};

/** The agent has just asked for a date, which none of the shipped agents does. */
export const askedForDate: SpeechHints = { ...base, id: 'eval-date', answers: ['date'] };
