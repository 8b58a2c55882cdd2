import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { spokenForm, type SpokenFormOptions } from './spoken-form.js';

/** The words, with `,` and `.` for the pauses. */
function say(text: string, options?: SpokenFormOptions): string {
  const marks = { none: '', clause: ' ,', sentence: ' .' };
  return spokenForm(text, options)
    .map(({ spoken, pause }) => spoken + marks[pause])
    .join(' ');
}

describe('spoken form', () => {
  it.each([
    ['$1,245.60', 'one thousand two hundred forty-five dollars and sixty cents'],
    ['$1', 'one dollar'],
    ['$1.01', 'one dollar and one cent'],
    ['$0.05', 'five cents'],
    ['$0', 'zero dollars'],
    ['£20.50', 'twenty pounds and fifty pence'],
    ['€3', 'three euros'],
    ['20 EUR', 'twenty euros'],
    ['USD 20', 'twenty dollars'],
    ['$1.5 million', 'one point five million dollars'],
    ['$3bn', 'three billion dollars'],
    ['-$5', 'minus five dollars'],
    ['$5/month', 'five dollars per month'],
    ['50¢', 'fifty cents'],
    ['¥500', 'five hundred yen'],
    ['$5-$10', 'five dollars to ten dollars'],
    ['$1,000,000', 'one million dollars'],
  ])('amount: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['2024-03-14', 'March fourteenth twenty twenty-four'],
    ['2024-03-14T17:30:00Z', 'March fourteenth twenty twenty-four at five thirty P M'],
    ['3/14/2024', 'March fourteenth twenty twenty-four'],
    ['14/3/2024', 'March fourteenth twenty twenty-four'],
    ['14.3.2024', 'March fourteenth twenty twenty-four'],
    ['12/25', 'December twenty-fifth'],
    ['March 14', 'March fourteenth'],
    ['Mar. 5, 2005', 'March fifth two thousand five'],
    ['the 14th of March 1999', 'the fourteenth of March nineteen ninety-nine'],
    ['14 March', 'the fourteenth of March'],
    ['May 1908', 'May nineteen oh eight'],
    ['in 1900 and 2010', 'in nineteen hundred and twenty ten'],
    ['the 1990s', 'the nineteen nineties'],
    ['expires 03/27', 'expires March twenty twenty-seven'],
    ['Mon-Fri and on Sat', 'Monday to Friday and on Saturday'],
    ['Sun sat', 'Sun sat'],
    ['May I help', 'May I help'],
  ])('date: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it('takes the day first where people do', () => {
    expect(say('3/4/2025', { dayFirst: true })).toBe('the third of April twenty twenty-five');
    expect(say('3/4/2025')).toBe('March fourth twenty twenty-five');
    expect(say('3/14/2025', { dayFirst: true })).toBe('the fourteenth of March twenty twenty-five');
  });

  it.each([
    ['5:30pm', 'five thirty P M'],
    ['5 p.m. tomorrow', 'five P M tomorrow'],
    ['at 5 p.m. Then', 'at five P M . Then'],
    ['9:05', 'nine oh five'],
    ['9:00', "nine o'clock"],
    ['17:00', 'five P M'],
    ['0:30', 'twelve thirty A M'],
    ['12:00', "twelve o'clock"],
    ['9am-5pm', 'nine A M to five P M'],
    ['10:30–11:45', 'ten thirty to eleven forty-five'],
  ])('time: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['your card ending in 4242', 'your card ending in four two four two'],
    ['card 4242 4242 4242 4242', 'card four two four two, four two four two, four two four two, four two four two'],
    ['**** 4242', 'ending in four two four two'],
    ['ending in XXXX-1234', 'ending in one two three four'],
    ['**4200**', 'four thousand two hundred'],
    ['account number is 987654', 'account number is nine eight seven six five four'],
    ['code: 123', 'code , one two three'],
    ['12345678', 'one two three four five six seven eight'],
    ['00501', 'zero zero five zero one'],
    ['555-0123', 'five five five, zero one two three'],
    ['(555) 123-4567', 'five five five, one two three, four five six seven'],
    ['1-800-555-0199', 'one, eight hundred, five five five, zero one nine nine'],
    ['+44 20 7946 0958', 'plus four four, two zero, seven nine four six, zero nine five eight'],
    ['020 7946 0958', 'zero two zero, seven nine four six, zero nine five eight'],
    ['123-45-6789', 'one two three, four five, six seven eight nine'],
    ['dial 911', 'dial nine one one'],
    ['AB12-3456', 'A B one two three four five six'],
    ['Q3 and 5G', 'Q three and five G'],
    ['COVID-19', 'covid nineteen'],
  ])('digits: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['10%', 'ten percent'],
    ['10-15.5%', 'ten to fifteen point five percent'],
    ['1st, 22nd, 103rd', 'first , twenty-second , one hundred third'],
    ['3–5 days', 'three to five days'],
    ['2019 - 2021', 'twenty nineteen to twenty twenty-one'],
    ['0.5', 'zero point five'],
    ['2.0.1', 'two point zero point one'],
    ['1,000,000', 'one million'],
    ['room 12', 'room twelve'],
    ['#5', 'number five'],
    ['-3', 'minus three'],
    ['1/2 and 2 1/2 and 3½', 'one half and two and a half and three and a half'],
    ['24/7', 'twenty-four seven'],
    ['50/50', 'fifty over fifty'],
    ['5 kg, 1 kg', 'five kilograms , one kilogram'],
    ['20°C', 'twenty degrees celsius'],
    ['60 mph', 'sixty miles per hour'],
    ['10 mins', 'ten minutes'],
    ['in 5 m', 'in five m'],
    ['~5', 'about five'],
    [
      '1234567890123456789012345',
      'one two three four five six seven eight nine zero one two three four five six seven eight nine zero one two three four five',
    ],
  ])('quantity: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['Dr. Smith and Mr. O’Neill', "doctor Smith and mister O'Neill"],
    ['Main St. near St. James St.', 'Main Street near Saint James Street'],
    ['e.g. this, i.e. that, etc.', 'for example this , that is that , et cetera .'],
    ['approx. 5 vs. 6', 'approximately five versus six'],
    ['No. 7. No. Yes', 'number seven . No . Yes'],
    ['Thanks, Max.', 'Thanks , Max .'],
    ['J. Smith', 'J Smith'],
    ['the U.S. Treasury', 'the U S Treasury'],
    ['an ATM, two ATMs and SMS', "an A T M , two A T M's and S M S"],
    ['your PIN', 'your pin'],
    ['STOP NOW, OK?', 'stop now , okay .'],
    ['AT&T and R&D', 'A T and T and R and D'],
    ['yes/no, and/or', 'yes or no , and or'],
    ['Wi-Fi and e-mail', 'wifi and e-mail'],
    ['can’t', "can't"],
    ['naïve café, Straße, Łódź', 'naive cafe , Strasse , Lodz'],
    ['Привет 你好 ok', 'ok'],
  ])('word: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['https://www.northwind.example/help?x=1#top', 'northwind dot example slash help'],
    ['See www.a-bank.com.', 'See A dash bank dot com .'],
    ['northwind.com/help', 'northwind dot com slash help'],
    ['john.smith42@example.com', 'john dot smith four two at example dot com'],
    ['Hello.World', 'Hello World'],
  ])('address: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['**Bold** and _it_ and `code`', 'Bold and it and code'],
    ['[our site](https://a.b/c) is up', 'our site is up'],
    ['![a logo](x.png)', 'a logo'],
    ['<b>now</b> &amp; then', 'now and then'],
    ['# Title\n\n- one\n- two', 'Title . one , two'],
    ['ok 😀👍🏽 go', 'ok go'],
    ['| a | b |', 'a , b ,'],
  ])('markup: %j', (text, spoken) => expect(say(text)).toBe(spoken));

  it.each([
    ['Yes. No! Why? Done', 'Yes . No . Why . Done'],
    ['well… maybe... it', 'well , maybe , it'],
    ['wait — really – no', 'wait , really , no'],
    ['"Stop!" he said (twice).', 'Stop . he said , twice .'],
    ['a,b', 'a b'],
  ])('pauses: %s', (text, spoken) => expect(say(text)).toBe(spoken));

  it('keeps the way back to the text', () => {
    const text = 'Pay **$5.20** by 3/14, Dr. Li 🙂.';
    expect(spokenForm(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      'Pay',
      '$5.20',
      'by',
      '3/14',
      'Dr.',
      'Li',
    ]);
  });

  it('gives words in ASCII for any text, in order and without overlap', () => {
    const fragment = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(
        '$',
        '1,245.60',
        ' ',
        '-',
        '3/14/2024',
        'a.m.',
        'https://',
        '@',
        '.com',
        '4242',
        '(',
        ')',
        '\n',
        '%',
        'Dr.',
        '…',
        '*',
        '€',
        '1e9',
      ),
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 25 }), fc.boolean(), (fragments, dayFirst) => {
        const text = fragments.join('');
        let end = 0;
        for (const segment of spokenForm(text, { dayFirst })) {
          expect(segment.spoken).toMatch(/^[A-Za-z'][A-Za-z' ,-]*$/);
          expect(segment.start).toBeGreaterThanOrEqual(end);
          expect(segment.end).toBeGreaterThan(segment.start);
          end = segment.end;
        }
        expect(end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    'a',
    '1',
    '.',
    ' ',
    '\n',
    ' \n',
    '*',
    '-',
    ' - ',
    '1-',
    '1,',
    'a.',
    'a@',
    'http://',
    'xX ',
    '](',
    '<a ',
    'A1-',
    '(',
    "a'",
    '+1 ',
    '1111 ',
    '?',
  ])('is not stopped by a long run of %j', (unit) => {
    const text = unit.repeat(Math.ceil(20_000 / unit.length));
    const segments = spokenForm(text);
    expect(segments.every((segment) => segment.end - segment.start < 1000)).toBe(true);
  });
});
