CREATE TABLE "auth"."alert_cursor" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."alert_delivery" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"rule_id" uuid NOT NULL,
	"user_id" uuid,
	"body" jsonb NOT NULL,
	"status" text DEFAULT 'WAITING' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."alert_rule" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" uuid NOT NULL,
	"name" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"types" text[] NOT NULL,
	"min_severity" text NOT NULL,
	"threshold" integer NOT NULL,
	"window_seconds" integer NOT NULL,
	"mail_to" uuid[] NOT NULL,
	"webhook_url" text,
	"webhook_secret" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_fired_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "auth"."audit_checkpoint" (
	"tenant_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"hash" text NOT NULL,
	"signed_at" timestamp (3) with time zone NOT NULL,
	"jws" text NOT NULL,
	CONSTRAINT "audit_checkpoint_tenant_id_position_pk" PRIMARY KEY("tenant_id","position")
);
--> statement-breakpoint
CREATE TABLE "auth"."audit_entry" (
	"tenant_id" uuid NOT NULL,
	"position" bigint NOT NULL,
	"id" uuid NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"service" text NOT NULL,
	"action" text NOT NULL,
	"result" text NOT NULL,
	"error_code" text,
	"actor_type" text NOT NULL,
	"actor_id" text,
	"session_id" text,
	"subject_type" text,
	"subject_id" text,
	"ip_address" text,
	"user_agent" text,
	"details" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	"seal" text NOT NULL,
	CONSTRAINT "audit_entry_tenant_id_position_pk" PRIMARY KEY("tenant_id","position"),
	CONSTRAINT "audit_entry_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "auth"."audit_head" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."audit_start" (
	"tenant_id" uuid PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"hash" text NOT NULL,
	"jws" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."security_event" ADD COLUMN "acknowledged_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "auth"."security_event" ADD COLUMN "acknowledged_by" text;--> statement-breakpoint
ALTER TABLE "auth"."alert_delivery" ADD CONSTRAINT "alert_delivery_rule_id_alert_rule_id_fk" FOREIGN KEY ("rule_id") REFERENCES "auth"."alert_rule"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alert_delivery_due" ON "auth"."alert_delivery" USING btree ("next_attempt_at") WHERE status = 'WAITING';--> statement-breakpoint
CREATE INDEX "alert_delivery_rule" ON "auth"."alert_delivery" USING btree ("rule_id","id");--> statement-breakpoint
CREATE INDEX "alert_delivery_created_at" ON "auth"."alert_delivery" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "alert_rule_tenant" ON "auth"."alert_rule" USING btree ("tenant_id","id");--> statement-breakpoint
CREATE INDEX "audit_checkpoint_signed_at" ON "auth"."audit_checkpoint" USING btree ("signed_at");--> statement-breakpoint
CREATE INDEX "audit_entry_actor" ON "auth"."audit_entry" USING btree ("tenant_id","actor_id","position");--> statement-breakpoint
CREATE INDEX "audit_entry_subject" ON "auth"."audit_entry" USING btree ("tenant_id","subject_id","position");--> statement-breakpoint
CREATE INDEX "audit_entry_action" ON "auth"."audit_entry" USING btree ("tenant_id","action","position");--> statement-breakpoint
CREATE INDEX "audit_entry_occurred_at" ON "auth"."audit_entry" USING btree ("tenant_id","occurred_at");--> statement-breakpoint
CREATE INDEX "security_event_unacknowledged" ON "auth"."security_event" USING btree ("tenant_id","position") WHERE acknowledged_at is null;--> statement-breakpoint
-- The audit log is append-only. Only what lies before its start, which retention moves and signs, may be deleted.
CREATE FUNCTION "auth"."refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		IF EXISTS (
			SELECT FROM "auth"."audit_start" s WHERE s.tenant_id = OLD.tenant_id AND s.position >= OLD.position
		) THEN
			RETURN OLD;
		END IF;
	END IF;
	RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END
$$;--> statement-breakpoint
CREATE TRIGGER "audit_entry_append_only" BEFORE UPDATE OR DELETE ON "auth"."audit_entry"
	FOR EACH ROW EXECUTE FUNCTION "auth"."refuse_audit_change"();--> statement-breakpoint
CREATE TRIGGER "audit_entry_not_truncated" BEFORE TRUNCATE ON "auth"."audit_entry"
	FOR EACH STATEMENT EXECUTE FUNCTION "auth"."refuse_audit_change"();--> statement-breakpoint
CREATE TRIGGER "audit_checkpoint_append_only" BEFORE UPDATE OR DELETE ON "auth"."audit_checkpoint"
	FOR EACH ROW EXECUTE FUNCTION "auth"."refuse_audit_change"();--> statement-breakpoint
CREATE TRIGGER "audit_checkpoint_not_truncated" BEFORE TRUNCATE ON "auth"."audit_checkpoint"
	FOR EACH STATEMENT EXECUTE FUNCTION "auth"."refuse_audit_change"();
