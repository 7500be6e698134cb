import { newId } from '@gatehouse/data';
import type { Subscription } from '@gatehouse/events';
import { serviceCaller } from '@gatehouse/identity';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { eraseUsers } from '../src/erase-users.ts';
import { phoneNumberConfirmed } from '../src/reactions/phone-number-confirmed.ts';
import { startUser, type TestUser } from './harness.ts';

let user: TestUser;
let subscription: Subscription;
beforeAll(async () => {
  user = await startUser();
  subscription = await phoneNumberConfirmed(user.deps);
});
afterAll(async () => {
  await subscription.stop();
  await user.stop();
});

const confirmed = (userId: string, phoneNumber: string, tenantid = user.tenant.id, id = newId()) =>
  user.deps.bus.publish([
    {
      specversion: '1.0',
      id,
      source: '/gatehouse/auth',
      type: 'auth.phone_number_confirmed',
      subject: userId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      tenantid,
      data: { userId, phoneNumber },
    },
  ]);
const kept = async (userId: string) =>
  (await user.deps.database.pool.query('select phone_number from users where id = $1', [userId])).rows[0]
    ?.phone_number;
const keeps = (userId: string, phoneNumber: string | null) =>
  vi.waitFor(async () => expect(await kept(userId)).toBe(phoneNumber), 5_000);

it('a confirmed number stands in the profile, for its holder and who may read users', async () => {
  const ada = await user.person('ada');
  const caller = await user.signedIn(ada);
  await confirmed(ada.id, '+4915112345678');
  await keeps(ada.id, '+4915112345678');
  expect((await user.ask(caller, '{ me { phoneNumber } }')).data.me).toEqual({
    phoneNumber: '+4915112345678',
  });
  const query = 'query ($id: ID!) { user(id: $id) { phoneNumber } }';
  const admin = await user.signedIn(await user.person('admin', { roles: ['admin'] }));
  expect((await user.ask(admin, query, { id: ada.id })).data.user.phoneNumber).toBe('+4915112345678');
  const stranger = await user.signedIn(await user.person('stranger'));
  expect((await user.ask(stranger, query, { id: ada.id })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const foreign = await user.signedIn(
    await user.person('foreign', { roles: ['admin'], tenant: user.otherTenant }),
  );
  expect((await user.ask(foreign, query, { id: ada.id })).data.user).toBeNull();
  const { data } = await user.ask(
    serviceCaller('notification'),
    'query ($id: ID!) { loginSubject(userId: $id) { phoneNumber } }',
    { id: ada.id },
  );
  expect(data.loginSubject).toEqual({ phoneNumber: '+4915112345678' });
  const told = (await user.events()).findLast(
    ({ subject, type }) => subject === ada.id && type === 'user.updated',
  );
  expect(told?.data).toEqual({
    userId: ada.id,
    changes: { phoneNumber: true },
    previousValues: {},
    updatedBy: ada.id,
  });
});

it('it is taken away again, and an old event does not bring it back', async () => {
  const grace = await user.person('grace');
  const caller = await user.signedIn(grace);
  const id = newId();
  await confirmed(grace.id, '+4915112345679', user.tenant.id, id);
  await keeps(grace.id, '+4915112345679');
  const remove = 'mutation { removePhoneNumber { user { phoneNumber } } }';
  expect((await user.ask(caller, remove)).data.removePhoneNumber.user).toEqual({ phoneNumber: null });
  expect((await user.ask(caller, remove)).errors).toBeUndefined();
  await confirmed(grace.id, '+4915112345679', user.tenant.id, id);
  const other = await user.person('other');
  await confirmed(other.id, '+4915112345670');
  await keeps(other.id, '+4915112345670');
  expect(await kept(grace.id)).toBeNull();
});

it('somebody of another tenant, or deleted, gets none; an erased one has none left', async () => {
  const alan = await user.person('alan');
  const gone = await user.person('gone', { status: 'DELETED' });
  await confirmed(alan.id, '+4915112345671', user.otherTenant.id);
  await confirmed(gone.id, '+4915112345671');
  const last = await user.person('last');
  await confirmed(last.id, '+4915112345672');
  await keeps(last.id, '+4915112345672');
  expect([await kept(alan.id), await kept(gone.id)]).toEqual([null, null]);
  await user.deps.database.pool.query(
    "update users set status = 'DELETED', deleted_at = now(), erase_at = now() where id = $1",
    [last.id],
  );
  await eraseUsers(user.deps.database);
  expect(await kept(last.id)).toBeNull();
});
