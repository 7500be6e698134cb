ALTER TABLE "notification"."delivery" ADD COLUMN "sender_name" text;--> statement-breakpoint
ALTER TABLE "notification"."delivery" ADD COLUMN "sender_address" text;--> statement-breakpoint
ALTER TABLE "notification"."mailbox_message" ADD COLUMN "sender" text DEFAULT '' NOT NULL;