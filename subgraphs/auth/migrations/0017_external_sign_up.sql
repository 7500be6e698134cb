CREATE TABLE "auth"."external_sign_up" (
	"id_hash" text PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"provider_id" uuid NOT NULL,
	"interaction_uid" text,
	"identity" jsonb NOT NULL,
	"email" text,
	"request_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."external_sign_up" ADD CONSTRAINT "external_sign_up_provider_id_identity_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "auth"."identity_provider"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "external_sign_up_interaction" ON "auth"."external_sign_up" USING btree ("interaction_uid");--> statement-breakpoint
CREATE UNIQUE INDEX "external_sign_up_request" ON "auth"."external_sign_up" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "external_sign_up_expires_at" ON "auth"."external_sign_up" USING btree ("expires_at");