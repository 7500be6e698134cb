CREATE TABLE "auth"."api_key" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"start" text NOT NULL,
	"user_id" uuid,
	"client_id" uuid,
	"scopes" text[] NOT NULL,
	"allowed_addresses" text[] NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"last_used_from" text,
	CONSTRAINT "api_key_owner" CHECK (("auth"."api_key"."user_id" is null) <> ("auth"."api_key"."client_id" is null))
);
--> statement-breakpoint
CREATE TABLE "auth"."api_key_secret" (
	"hash" text PRIMARY KEY NOT NULL,
	"api_key_id" uuid NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "auth"."api_key_secret" ADD CONSTRAINT "api_key_secret_api_key_id_api_key_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "auth"."api_key"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_key_tenant" ON "auth"."api_key" USING btree ("tenant_id","id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "api_key_user" ON "auth"."api_key" USING btree ("user_id","id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "api_key_client" ON "auth"."api_key" USING btree ("client_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "api_key_expires_at" ON "auth"."api_key" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "api_key_secret_key" ON "auth"."api_key_secret" USING btree ("api_key_id");