CREATE SCHEMA IF NOT EXISTS "platform";
--> statement-breakpoint
CREATE TABLE "platform"."event_delivery" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"group_name" text NOT NULL,
	"position" bigint NOT NULL,
	"type" text NOT NULL,
	"subject" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"available_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"lease" uuid,
	"reason" text,
	"died_at" timestamp (3) with time zone,
	CONSTRAINT "event_delivery_group_position" UNIQUE("group_name","position")
);
--> statement-breakpoint
CREATE TABLE "platform"."event" (
	"position" bigserial PRIMARY KEY NOT NULL,
	"id" text NOT NULL,
	"envelope" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "platform"."event_group" (
	"group_name" text NOT NULL,
	"type" text NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_group_type_group_name_pk" PRIMARY KEY("type","group_name")
);
--> statement-breakpoint
ALTER TABLE "platform"."event_delivery" ADD CONSTRAINT "event_delivery_position_event_position_fk" FOREIGN KEY ("position") REFERENCES "platform"."event"("position") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_delivery_waiting" ON "platform"."event_delivery" USING btree ("group_name","position") WHERE died_at is null;--> statement-breakpoint
CREATE INDEX "event_delivery_subject" ON "platform"."event_delivery" USING btree ("group_name","subject","position") WHERE died_at is null;--> statement-breakpoint
CREATE INDEX "event_delivery_dead" ON "platform"."event_delivery" USING btree ("group_name","id") WHERE died_at is not null;--> statement-breakpoint
CREATE INDEX "event_delivery_event" ON "platform"."event_delivery" USING btree ("position");--> statement-breakpoint
CREATE INDEX "event_created_at" ON "platform"."event" USING btree ("created_at");