import { type Executor, violatedConstraint } from '@gatehouse/data';
import { GatehouseError } from '@gatehouse/service-kit';
import { and, eq, inArray, isNull, type SQL } from 'drizzle-orm';
import { type UserRow, type UserStatus, users } from '../tables/index.ts';

type NewUser = typeof users.$inferInsert;
type UserChange = Partial<NewUser> | { [K in keyof NewUser]?: NewUser[K] | SQL };

/** Users that still are somebody: an erased record is nobody's. */
export async function usersById(db: Executor, ids: readonly string[]): Promise<UserRow[]> {
  return await db
    .select()
    .from(users)
    .where(and(inArray(users.id, [...ids]), isNull(users.erasedAt)));
}

/** A user of the tenant, locked until the transaction ends; deleted ones too. */
export async function lockUser(tx: Executor, tenantId: string, userId: string): Promise<UserRow | null> {
  const [row] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, userId), eq(users.tenantId, tenantId), isNull(users.erasedAt)))
    .for('update');
  return row ?? null;
}

/** The user who holds an address or a username now. */
export async function userByKey(
  db: Executor,
  tenantId: string,
  by: { kind: 'email' | 'username'; key: string },
): Promise<UserRow | null> {
  const column = by.kind === 'email' ? users.emailKey : users.usernameKey;
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.tenantId, tenantId), eq(column, by.key), isNull(users.deletedAt)));
  return row ?? null;
}

/** The new row, or null when address or username is taken. */
export async function insertUserIfFree(tx: Executor, user: NewUser): Promise<UserRow | null> {
  const [row] = await tx.insert(users).values(user).onConflictDoNothing().returning();
  return row ?? null;
}

/** The new row; EMAIL_TAKEN or USERNAME_TAKEN. */
export async function insertUser(tx: Executor, user: NewUser): Promise<UserRow> {
  const [row] = await translateTaken(() => tx.insert(users).values(user).returning());
  if (!row) throw new Error('insert returned nothing');
  return row;
}

/** Changes a user if its status is one of `from`; null when it is not. EMAIL_TAKEN or USERNAME_TAKEN. */
export async function updateUser(
  tx: Executor,
  tenantId: string,
  userId: string,
  change: UserChange,
  from?: readonly UserStatus[],
): Promise<UserRow | null> {
  const [row] = await translateTaken(() =>
    tx
      .update(users)
      .set(change as Partial<NewUser>)
      .where(
        and(
          eq(users.id, userId),
          eq(users.tenantId, tenantId),
          isNull(users.erasedAt),
          from ? inArray(users.status, [...from]) : undefined,
        ),
      )
      .returning(),
  );
  return row ?? null;
}

async function translateTaken<T>(statement: () => Promise<T>): Promise<T> {
  try {
    return await statement();
  } catch (error) {
    switch (violatedConstraint(error)) {
      case 'users_email_key':
        throw new GatehouseError('EMAIL_TAKEN', 'Another account has this e-mail address.');
      case 'users_username_key':
        throw new GatehouseError('USERNAME_TAKEN', 'Another account has this username.');
      default:
        throw error;
    }
  }
}
