DROP INDEX "auth"."mfa_factor_kind";--> statement-breakpoint
ALTER TABLE "auth"."mfa_factor" ADD COLUMN "phone_number" text;--> statement-breakpoint
CREATE UNIQUE INDEX "mfa_factor_kind" ON "auth"."mfa_factor" USING btree ("user_id","kind") WHERE kind in ('totp', 'email', 'sms');