DROP INDEX "notification"."delivery_due";--> statement-breakpoint
ALTER TABLE "notification"."delivery" ADD COLUMN "expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "notification"."delivery" ADD COLUMN "provider_id" text;--> statement-breakpoint
ALTER TABLE "notification"."delivery" ADD COLUMN "delivered_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "notification"."mailbox_message" ADD COLUMN "channel" text DEFAULT 'email' NOT NULL;--> statement-breakpoint
CREATE INDEX "delivery_due" ON "notification"."delivery" USING btree ("channel","next_attempt_at") WHERE status in ('queued', 'failed');