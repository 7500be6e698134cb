CREATE TABLE "auth"."phone_confirmation" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"phone_number" text NOT NULL,
	"code_hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "phone_confirmation_expires_at" ON "auth"."phone_confirmation" USING btree ("expires_at");