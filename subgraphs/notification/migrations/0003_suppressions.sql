CREATE TABLE "notification"."outbox" (
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
CREATE TABLE "notification"."suppression" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"address_hash" text NOT NULL,
	"kind" text NOT NULL,
	"reason_code" text NOT NULL,
	"delivery_id" uuid NOT NULL,
	"user_id" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "suppression_address" UNIQUE("tenant_id","address_hash","kind")
);
--> statement-breakpoint
ALTER TABLE "notification"."delivery" ADD COLUMN "report_token" text;--> statement-breakpoint
ALTER TABLE "notification"."delivery" ADD COLUMN "reason_code" text;--> statement-breakpoint
ALTER TABLE "notification"."mailbox_message" ADD COLUMN "message_id" text;--> statement-breakpoint
CREATE INDEX "suppression_of_tenant" ON "notification"."suppression" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "suppression_created_at" ON "notification"."suppression" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "delivery_of_tenant" ON "notification"."delivery" USING btree ("tenant_id","id");