CREATE TABLE "auth"."login_policy" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"self_registration" boolean,
	"password_sign_in" boolean,
	"remembered_devices" boolean,
	"session_idle_seconds" integer,
	"session_absolute_seconds" integer,
	"max_sessions" integer,
	"password_min_length" integer,
	"password_history" integer,
	"refuse_common_passwords" boolean,
	"breached_passwords_url" text,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."password_history" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."remembered_device" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "auth"."session" ADD COLUMN "name" text;--> statement-breakpoint
CREATE INDEX "password_history_user" ON "auth"."password_history" USING btree ("user_id","id");