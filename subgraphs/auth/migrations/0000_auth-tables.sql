CREATE SCHEMA IF NOT EXISTS "auth";
--> statement-breakpoint
CREATE TABLE "auth"."credential" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"password_hash" text NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"failed_attempts" integer DEFAULT 0 NOT NULL,
	"last_failed_at" timestamp (3) with time zone,
	"locked_until" timestamp (3) with time zone,
	"last_login_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."issued_token" (
	"position" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"grant_type" text NOT NULL,
	"client_id" text NOT NULL,
	"user_id" text,
	"session_id" text,
	"scope" text,
	"ip_address" text,
	"issued_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."mail_request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"email" text NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"due_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."oauth_client" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."oidc_artifact" (
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"id" text NOT NULL,
	"payload" jsonb NOT NULL,
	"account_id" text,
	"client_id" text,
	"grant_id" text,
	"session_uid" text,
	"user_code" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"consumed_at" timestamp (3) with time zone,
	"consumed_by" text,
	CONSTRAINT "oidc_artifact_tenant_id_kind_id_pk" PRIMARY KEY("tenant_id","kind","id")
);
--> statement-breakpoint
CREATE TABLE "auth"."one_time_code" (
	"user_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"code_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"consumed_at" timestamp (3) with time zone,
	CONSTRAINT "one_time_code_user_id_purpose_pk" PRIMARY KEY("user_id","purpose")
);
--> statement-breakpoint
CREATE TABLE "auth"."outbox" (
	"position" bigserial PRIMARY KEY NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"tenant_id" uuid NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL,
	"traceparent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "outbox_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "auth"."prepared_password" (
	"id" uuid PRIMARY KEY NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."processed_event" (
	"group_name" text NOT NULL,
	"event_id" text NOT NULL,
	"processed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "processed_event_group_name_event_id_pk" PRIMARY KEY("group_name","event_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."security_event" (
	"tenant_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"id" uuid NOT NULL,
	"type" text NOT NULL,
	"severity" text NOT NULL,
	"user_id" uuid,
	"ip_address" text,
	"user_agent" text,
	"details" jsonb NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "security_event_tenant_id_position_pk" PRIMARY KEY("tenant_id","position"),
	CONSTRAINT "security_event_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "auth"."security_event_position" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"last" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"client_id" text NOT NULL,
	"amr" text[] NOT NULL,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."signing_key" (
	"tenant_id" uuid NOT NULL,
	"kid" text NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"private_jwe" text NOT NULL,
	"status" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "signing_key_tenant_id_kid_pk" PRIMARY KEY("tenant_id","kid")
);
--> statement-breakpoint
CREATE INDEX "issued_token_tenant" ON "auth"."issued_token" USING btree ("tenant_id","issued_at");--> statement-breakpoint
CREATE INDEX "issued_token_issued_at" ON "auth"."issued_token" USING btree ("issued_at");--> statement-breakpoint
CREATE INDEX "mail_request_due_at" ON "auth"."mail_request" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "oauth_client_name" ON "auth"."oauth_client" USING btree ("tenant_id","name","id");--> statement-breakpoint
CREATE INDEX "oidc_artifact_grant" ON "auth"."oidc_artifact" USING btree ("tenant_id","grant_id") WHERE grant_id is not null;--> statement-breakpoint
CREATE INDEX "oidc_artifact_session" ON "auth"."oidc_artifact" USING btree ("tenant_id","session_uid") WHERE session_uid is not null;--> statement-breakpoint
CREATE INDEX "oidc_artifact_account" ON "auth"."oidc_artifact" USING btree ("tenant_id","account_id","kind") WHERE account_id is not null;--> statement-breakpoint
CREATE INDEX "oidc_artifact_client" ON "auth"."oidc_artifact" USING btree ("tenant_id","client_id") WHERE client_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "oidc_artifact_user_code" ON "auth"."oidc_artifact" USING btree ("tenant_id","user_code") WHERE user_code is not null;--> statement-breakpoint
CREATE INDEX "oidc_artifact_expires_at" ON "auth"."oidc_artifact" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "one_time_code_hash" ON "auth"."one_time_code" USING btree ("code_hash");--> statement-breakpoint
CREATE INDEX "one_time_code_expires_at" ON "auth"."one_time_code" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "prepared_password_expires_at" ON "auth"."prepared_password" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "processed_event_processed_at" ON "auth"."processed_event" USING btree ("processed_at");--> statement-breakpoint
CREATE INDEX "security_event_user" ON "auth"."security_event" USING btree ("tenant_id","user_id","position");--> statement-breakpoint
CREATE INDEX "security_event_occurred_at" ON "auth"."security_event" USING btree ("occurred_at");--> statement-breakpoint
CREATE INDEX "session_open" ON "auth"."session" USING btree ("user_id","id") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "session_expires_at" ON "auth"."session" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "signing_key_active" ON "auth"."signing_key" USING btree ("tenant_id") WHERE status = 'active';