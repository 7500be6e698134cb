import { newId } from '@gatehouse/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messages } from '../src/queries/mailbox.ts';
import { textUser } from '../src/reactions/text-user.ts';
import { eventually, type Person, startNotification, type TestNotification } from './harness.ts';

let notification: TestNotification;
beforeAll(async () => {
  notification = await startNotification();
});
afterAll(() => notification.stop());

let numbers = 0;
function person(values: Partial<Person> = {}): Person {
  const somebody: Person = {
    tenantId: newId(),
    userId: newId(),
    tenantName: 'Praxis Süd',
    status: 'ACTIVE',
    email: 'ada@example.com',
    phoneNumber: `+49151${String(40_000_000 + numbers++)}`,
    firstName: 'Ada',
    locale: 'en',
    timeZone: 'Europe/Berlin',
    ...values,
  };
  notification.people.push(somebody);
  return somebody;
}

const tell = ({ tenantId, userId }: Person, type: string, data: object, id = newId()) =>
  notification.publish({ id, type, tenantid: tenantId, subject: userId, data: { userId, ...data } });
const appointment = { appointmentId: 'a-1', startsAt: '2999-12-01T13:30:00Z', place: 'Main Street 1' };
const payment = { paymentId: 'p-1', amount: '1234.50', currency: 'EUR' };
const textsTo = (number: string | null) =>
  messages(notification.deps.database.db, { to: number ?? 'nobody' });
const textTo = (number: string | null) => eventually(async () => (await textsTo(number))[0]?.text);

test('a confirmed appointment, in the time of the person', async () => {
  const ada = person();
  await tell(ada, 'appointment.confirmed', appointment);
  expect(await textTo(ada.phoneNumber)).toMatch(
    /^Praxis Süd: your appointment is confirmed\. Sun, Dec 1, 2999, 02:30.PM, Main Street 1$/,
  );
});

test('a received payment, in the language of the person', async () => {
  const ada = person({ locale: 'de' });
  await tell(ada, 'payment.received', payment);
  expect(await textTo(ada.phoneNumber)).toMatch(
    /^Praxis Süd: Ihre Zahlung über 1\.234,50.€ ist eingegangen\.$/,
  );
});

test('an event that comes again makes no second SMS', async () => {
  const ada = person();
  const id = newId();
  await tell(ada, 'payment.received', payment, id);
  await textTo(ada.phoneNumber);
  await textUser(notification.deps, {
    specversion: '1.0',
    id,
    source: '/test',
    type: 'payment.received',
    subject: ada.userId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: ada.tenantId,
    data: { userId: ada.userId, ...payment },
  });
  const { rows } = await notification.deps.database.pool.query(
    'select count(*)::int as count from delivery where recipient = $1',
    [ada.phoneNumber],
  );
  expect(rows).toEqual([{ count: 1 }]);
});

test('no number, no account, another tenant: nothing is sent, and those behind get theirs', async () => {
  const without = person({ phoneNumber: null });
  const disabled = person({ status: 'DISABLED' });
  const foreign = person();
  await tell(without, 'payment.received', payment);
  await tell(disabled, 'payment.received', payment);
  await tell({ ...foreign, tenantId: newId() }, 'payment.received', payment);
  await tell({ ...foreign, userId: newId() }, 'appointment.confirmed', appointment);
  const last = person();
  await tell(last, 'appointment.confirmed', appointment);
  await textTo(last.phoneNumber);
  const ids = [without, disabled, foreign].map(({ userId }) => userId);
  // Handled by themselves, too: the order of events of others says nothing.
  for (const { tenantId, userId } of [without, disabled, { ...foreign, tenantId: newId() }]) {
    await textUser(notification.deps, {
      specversion: '1.0',
      id: newId(),
      source: '/test',
      type: 'payment.received',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid: tenantId,
      data: { userId, ...payment },
    });
  }
  const { rows } = await notification.deps.database.pool.query(
    'select 1 from delivery where user_id = any($1)',
    [ids],
  );
  expect(rows).toEqual([]);
});

test('what the text is made of does not break it', async () => {
  const ada = person({ tenantName: 'A'.repeat(100), locale: 'nonsense-!' });
  await tell(ada, 'appointment.confirmed', {
    ...appointment,
    place: `Main\u0007 Street\r\n${'x'.repeat(500)}`,
  });
  const text = await textTo(ada.phoneNumber);
  expect(text).toMatch(/^A{39}…: your appointment is confirmed\. Sun,? 1 Dec 2999,? .*, Main Street x+…$/);
  expect(text?.length).toBeLessThan(220);
});
