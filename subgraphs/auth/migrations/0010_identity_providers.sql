CREATE TABLE "auth"."external_login" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"provider_id" uuid NOT NULL,
	"browser_hash" text NOT NULL,
	"code_challenge" text,
	"interaction_uid" text,
	"return_to" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"code_hash" text,
	"code_expires_at" timestamp (3) with time zone,
	"identity" jsonb
);
--> statement-breakpoint
CREATE TABLE "auth"."identity_provider" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"enabled" boolean NOT NULL,
	"issuer" text,
	"client_id" text NOT NULL,
	"secret_jwe" text,
	"scopes" text[] NOT NULL,
	"sign_up" boolean NOT NULL,
	"email_domains" text[] NOT NULL,
	"sign_up_role" text NOT NULL,
	"email_trust" text NOT NULL,
	"link_by_email" boolean NOT NULL,
	"trust_mfa" boolean NOT NULL,
	"claims" jsonb NOT NULL,
	"role_mappings" jsonb NOT NULL,
	"ceiling" text[] NOT NULL,
	"password_login" boolean NOT NULL,
	"password_realm" text,
	"accept_tokens" boolean NOT NULL,
	"token_audience" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."linked_account" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"provider_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"user_id" uuid NOT NULL,
	"account" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"linked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."provider_health" (
	"provider_id" uuid PRIMARY KEY NOT NULL,
	"last_success_at" timestamp (3) with time zone,
	"last_failure_at" timestamp (3) with time zone,
	"last_error" text,
	"successes" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"checked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."used_assertion" (
	"provider_id" uuid NOT NULL,
	"hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "used_assertion_provider_id_hash_pk" PRIMARY KEY("provider_id","hash")
);
--> statement-breakpoint
ALTER TABLE "auth"."credential" ALTER COLUMN "password_hash" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."external_login" ADD CONSTRAINT "external_login_provider_id_identity_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "auth"."identity_provider"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."linked_account" ADD CONSTRAINT "linked_account_provider_id_identity_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "auth"."identity_provider"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."provider_health" ADD CONSTRAINT "provider_health_provider_id_identity_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "auth"."identity_provider"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."used_assertion" ADD CONSTRAINT "used_assertion_provider_id_identity_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "auth"."identity_provider"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "external_login_code" ON "auth"."external_login" USING btree ("code_hash");--> statement-breakpoint
CREATE INDEX "external_login_expires_at" ON "auth"."external_login" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "identity_provider_tenant" ON "auth"."identity_provider" USING btree ("tenant_id","name","id");--> statement-breakpoint
CREATE UNIQUE INDEX "linked_account_subject" ON "auth"."linked_account" USING btree ("provider_id","subject");--> statement-breakpoint
CREATE INDEX "linked_account_user" ON "auth"."linked_account" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "used_assertion_expires_at" ON "auth"."used_assertion" USING btree ("expires_at");