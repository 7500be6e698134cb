import { prepared } from '@gatehouse/data';
import type { UserRow } from '../tables/index.ts';

/** A person as tokens and sessions need it. */
export type LoginSubject = Pick<
  UserRow,
  | 'tenantId'
  | 'status'
  | 'email'
  | 'phoneNumber'
  | 'username'
  | 'firstName'
  | 'lastName'
  | 'locale'
  | 'timeZone'
> & {
  userId: string;
  tenantName: string;
  publicUrl: string;
  emailConfirmed: boolean;
  roles: string[];
  permissions: string[];
};

/**
 * One round trip, planned once: the way of every login and every refresh. The roles held are handed over as an array: joined, they are
 * taken for thousands, and the permissions sorted for it.
 */
const selecting = (name: string, where: string) =>
  prepared<LoginSubject>(
    `user_login_subject_${name}`,
    `select u.id as "userId", u.tenant_id as "tenantId", t.name as "tenantName", t.public_url as "publicUrl", u.status,
       u.email, u.email_confirmed_at is not null as "emailConfirmed", u.phone_number as "phoneNumber", u.username,
       u.first_name as "firstName", u.last_name as "lastName", u.locale, u.time_zone as "timeZone",
       array(select r.name from "user".user_roles ur join "user".roles r on r.id = ur.role_id
         where ur.user_id = u.id order by r.name) as roles,
       array(
         with recursive held (role_id) as (
           select ur.role_id from "user".user_roles ur where ur.user_id = u.id
           union
           select ri.inherits_id from held join "user".role_inheritance ri on ri.role_id = held.role_id)
         select distinct p.name
         from "user".role_permissions rp join "user".permissions p on p.id = rp.permission_id
         where rp.role_id = any(array(select role_id from held)) order by p.name) as permissions
     from "user".users u join "user".tenants t on t.id = u.tenant_id
     where ${where} and u.deleted_at is null`,
  );

/** $1 user. */
export const selectSubjectById = selecting('by_id', 'u.id = $1');
/** $1 tenant, $2 key of the e-mail address. */
export const selectSubjectByEmail = selecting('by_email', 'u.tenant_id = $1 and u.email_key = $2');
/** $1 tenant, $2 key of the username. */
export const selectSubjectByUsername = selecting('by_username', 'u.tenant_id = $1 and u.username_key = $2');
