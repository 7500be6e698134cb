CREATE TABLE "auth"."external_session" (
	"session_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"provider_id" uuid NOT NULL,
	"id_token_jwe" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."mfa_challenge" ADD COLUMN "external" jsonb;--> statement-breakpoint
ALTER TABLE "auth"."external_session" ADD CONSTRAINT "external_session_provider_id_identity_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "auth"."identity_provider"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "external_session_created_at" ON "auth"."external_session" USING btree ("created_at");