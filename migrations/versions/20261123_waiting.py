"""Waiting lists and recalls

Revision ID: 20261123_waiting
Revises: 20261123_directory
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_waiting"
down_revision = "20261123_directory"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.create_table('care_notices',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('about_id', sa.Text(), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind IN ('OFFER', 'RECALL')", name=op.f('care_notices_kind')),
    sa.CheckConstraint('(settled_at IS NULL) = (outcome IS NULL)', name=op.f('care_notices_settled')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_care_notices_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_care_notices'))
    )
    op.create_index('ix_care_notices_created_at', 'care_notices', ['created_at'], unique=False)
    op.create_index(op.f('ix_care_notices_patient_id'), 'care_notices', ['patient_id'], unique=False)
    op.create_index('ix_care_notices_waiting', 'care_notices', ['created_at'], unique=False, postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index('uq_care_notices', 'care_notices', ['about_id', 'kind'], unique=True)
    op.create_table('recalls',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), server_default=sa.text("'OPEN'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(status = 'OPEN') = (closed_at IS NULL)", name=op.f('recalls_closed')),
    sa.CheckConstraint("status IN ('OPEN', 'FULFILLED', 'WITHDRAWN')", name=op.f('recalls_status')),
    sa.CheckConstraint('months BETWEEN 1 AND 60', name=op.f('recalls_months')),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_recalls_doctor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_recalls_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recalls'))
    )
    op.create_index('ix_recalls_doctor_id', 'recalls', ['doctor_id', 'due_on', 'id'], unique=False)
    op.create_index('ix_recalls_due_on', 'recalls', ['due_on'], unique=False, postgresql_where=sa.text("status = 'OPEN'"))
    op.create_index('ix_recalls_patient_id', 'recalls', ['patient_id', 'due_on', 'id'], unique=False)
    op.create_index('uq_recalls', 'recalls', ['doctor_id', 'patient_id'], unique=True, postgresql_where=sa.text("status = 'OPEN'"))
    op.create_table('waiting_entries',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('earliest_on', sa.Date(), nullable=False),
    sa.Column('latest_on', sa.Date(), nullable=False),
    sa.Column('weekdays', sa.Integer(), server_default=sa.text('127'), nullable=False),
    sa.Column('opens', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('closes', sa.Integer(), server_default=sa.text('1440'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'WAITING'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(status = 'WAITING') = (closed_at IS NULL)", name=op.f('waiting_entries_closed')),
    sa.CheckConstraint("status IN ('WAITING', 'FULFILLED', 'LEFT')", name=op.f('waiting_entries_status')),
    sa.CheckConstraint('earliest_on <= latest_on', name=op.f('waiting_entries_days')),
    sa.CheckConstraint('minutes BETWEEN 1 AND 1440', name=op.f('waiting_entries_minutes')),
    sa.CheckConstraint('opens >= 0 AND opens + minutes <= closes AND closes <= 1440', name=op.f('waiting_entries_hours')),
    sa.CheckConstraint('weekdays BETWEEN 1 AND 127', name=op.f('waiting_entries_weekdays')),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_waiting_entries_doctor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_waiting_entries_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_entries'))
    )
    op.create_index('ix_waiting_entries_doctor_id', 'waiting_entries', ['doctor_id'], unique=False)
    op.create_index('ix_waiting_entries_line', 'waiting_entries', ['doctor_id', 'created_at', 'id'], unique=False, postgresql_where=sa.text("status = 'WAITING'"))
    op.create_index('ix_waiting_entries_patient_id', 'waiting_entries', ['patient_id', 'created_at', 'id'], unique=False)
    op.create_index('uq_waiting_entries', 'waiting_entries', ['doctor_id', 'patient_id'], unique=True, postgresql_where=sa.text("status = 'WAITING'"))
    op.create_table('slot_offers',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('entry_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('duration', sa.Integer(), nullable=False),
    sa.Column('freed_minutes', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'OPEN'"), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('OPEN', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'WITHDRAWN')", name=op.f('slot_offers_status')),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_slot_offers_doctor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entry_id'], ['waiting_entries.id'], name=op.f('fk_slot_offers_entry_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_slot_offers_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slot_offers'))
    )
    op.create_index('ix_slot_offers_doctor_id', 'slot_offers', ['doctor_id'], unique=False)
    op.create_index('ix_slot_offers_entry_id', 'slot_offers', ['entry_id', 'scheduled_at'], unique=False)
    op.create_index('ix_slot_offers_expires_at', 'slot_offers', ['expires_at'], unique=False, postgresql_where=sa.text("status = 'OPEN'"))
    op.create_index('ix_slot_offers_held', 'slot_offers', ['doctor_id', 'scheduled_at'], unique=False, postgresql_where=sa.text("status = 'OPEN'"))
    op.create_index('ix_slot_offers_patient_id', 'slot_offers', ['patient_id', 'offered_at', 'id'], unique=False)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_guard_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      IF TG_OP = 'INSERT' AND coalesce(current_setting('app.role', true), '') <> ''
          AND NOT public.app_practises(NEW.doctor_id) THEN
        RAISE EXCEPTION 'this doctor does not practise'
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointments_doctor_practises';
      END IF;
      IF NOT (NEW.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')) THEN
        RETURN NEW;
      END IF;
      IF TG_OP = 'UPDATE' THEN
        IF OLD.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            AND (OLD.doctor_id, OLD.patient_id, OLD.scheduled_at, OLD.duration, coalesce(OLD.metadata @> '{"overbooked": true}', false))
              = (NEW.doctor_id, NEW.patient_id, NEW.scheduled_at, NEW.duration, coalesce(NEW.metadata @> '{"overbooked": true}', false)) THEN
          RETURN NEW;
        END IF;
      END IF;
      PERFORM public.app_lock_calendar(NEW.doctor_id, NEW.patient_id);
      IF coalesce(NEW.metadata @> '{"overbooked": true}', false) THEN
        IF NOT EXISTS (SELECT 1 FROM public.appointment_overbookings o WHERE o.appointment_id = NEW.id
            AND o.doctor_id = NEW.doctor_id AND o.patient_id = NEW.patient_id AND o.created_at = now()) THEN
          RAISE EXCEPTION 'an overbooking has a reason of its doctor'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointments_overbooking_reason';
        END IF;
      ELSIF EXISTS (SELECT 1 FROM public.appointments a
          WHERE a.doctor_id = NEW.doctor_id AND a.id <> NEW.id AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND coalesce(a.metadata @> '{"overbooked": true}', false)
            AND a.scheduled_at > NEW.scheduled_at - interval '1 day'
            AND a.scheduled_at < NEW.scheduled_at + make_interval(mins => NEW.duration)
            AND public.appointment_span(a.scheduled_at, a.duration)
              && public.appointment_span(NEW.scheduled_at, NEW.duration)) THEN
        RAISE EXCEPTION 'an overbooked appointment has this time'
          USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_doctor_overlap';
      ELSIF EXISTS (SELECT 1 FROM public.slot_offers o
          WHERE o.doctor_id = NEW.doctor_id AND o.status = 'OPEN' AND o.expires_at > clock_timestamp() AND o.patient_id <> NEW.patient_id
            AND o.scheduled_at > NEW.scheduled_at - interval '1 day'
            AND o.scheduled_at < NEW.scheduled_at + make_interval(mins => NEW.duration)
            AND public.appointment_span(o.scheduled_at, o.duration)
              && public.appointment_span(NEW.scheduled_at, NEW.duration)) THEN
        RAISE EXCEPTION 'this time is held for somebody of the waiting list'
          USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_doctor_overlap';
      END IF;
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_guard_appointment() FROM PUBLIC;
    COMMENT ON FUNCTION app_guard_appointment() IS 'declared 6459c8a0517a5eae';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_write_notice(p_patient text, p_kind text, p_about text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_notice text;
    BEGIN
      INSERT INTO public.care_notices (id, patient_id, kind, about_id)
        VALUES ('c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), p_patient, p_kind, p_about)
        ON CONFLICT (about_id, kind) DO NOTHING RETURNING id INTO v_notice;
      IF v_notice IS NOT NULL THEN
        PERFORM public.procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'appointments.notice', 0,
          'care notice ' || v_notice, NULL, jsonb_build_object('notice_id', v_notice),
          NULL)::public.procrastinate_job_to_defer_v1]);
      END IF;
    END $$;
    REVOKE ALL ON FUNCTION app_write_notice(text, text, text) FROM PUBLIC;
    COMMENT ON FUNCTION app_write_notice(text, text, text) IS 'declared 0fbf61fcb8aa9428';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_remind_recalls() RETURNS TABLE (id text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE v_recall public.recalls;
    BEGIN
      IF coalesce(current_setting('app.role', true), '') <> 'WORKER' THEN
        RETURN;
      END IF;
      FOR v_recall IN SELECT r.* FROM public.recalls r
        WHERE r.status = 'OPEN' AND r.due_on <= current_date + 14
          AND NOT EXISTS (SELECT 1 FROM public.care_notices n WHERE n.about_id = r.id AND n.kind = 'RECALL')
        ORDER BY r.due_on, r.id LIMIT 1000
      LOOP
        PERFORM public.app_write_notice(v_recall.patient_id, 'RECALL', v_recall.id);
        RETURN QUERY SELECT v_recall.id;
      END LOOP;
    END $$;
    REVOKE ALL ON FUNCTION app_remind_recalls() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_remind_recalls() TO dentalization_app;
    COMMENT ON FUNCTION app_remind_recalls() IS 'declared 08fa9baac87ef185';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_claim_notice(p_notice text) RETURNS TABLE (
      claimed boolean, id text, kind text, scheduled_at timestamptz, duration integer, expires_at timestamptz,
      due_on date, time_zone text, doctor_id text, email text, language text, first_name text, last_name text,
      clinic_name text, clinic_address text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      v_notice public.care_notices;
      v_offer public.slot_offers;
      v_recall public.recalls;
      v_claimed boolean;
    BEGIN
      IF coalesce(current_setting('app.role', true), '') <> 'WORKER' THEN
        RETURN;
      END IF;
      SELECT n.* INTO v_notice FROM public.care_notices n
        WHERE n.id = p_notice AND n.settled_at IS NULL FOR UPDATE;
      IF v_notice.id IS NULL THEN
        RETURN;
      END IF;
      v_claimed := coalesce(
        v_notice.claimed_at NOT BETWEEN clock_timestamp() - interval '45 seconds'
          AND clock_timestamp(), true);
      SELECT o.* INTO v_offer FROM public.slot_offers o WHERE v_notice.kind = 'OFFER'
        AND o.id = v_notice.about_id AND o.status = 'OPEN' AND o.expires_at > clock_timestamp();
      SELECT r.* INTO v_recall FROM public.recalls r WHERE v_notice.kind = 'RECALL'
        AND r.id = v_notice.about_id AND r.status = 'OPEN'
        AND EXISTS (SELECT 1 FROM public.app_consented(ARRAY[v_notice.patient_id], 'REMINDERS'));
      IF v_offer.id IS NULL AND v_recall.id IS NULL THEN
        UPDATE public.care_notices n SET settled_at = now(), outcome = 'NOT_WANTED'
          WHERE n.id = p_notice;
        RETURN;
      END IF;
      IF v_claimed THEN
        UPDATE public.care_notices n SET claimed_at = clock_timestamp() WHERE n.id = p_notice;
      END IF;
      RETURN QUERY SELECT v_claimed, v_notice.id, v_notice.kind, v_offer.scheduled_at, v_offer.duration,
          v_offer.expires_at, v_recall.due_on, s.time_zone, d.id, u.email::text,
          coalesce((SELECT c.language::text FROM public.consents c WHERE c.user_id = u.id
            ORDER BY c.given_at DESC, c.id DESC LIMIT 1), 'en'),
          d.first_name::text, d.last_name::text, d.clinic_name::text, d.clinic_address::text
        FROM public.patient_profiles p
        JOIN public.users u ON u.id = p.user_id
        JOIN public.doctor_profiles d ON d.id = coalesce(v_offer.doctor_id, v_recall.doctor_id)
        LEFT JOIN public.doctor_schedules s ON s.doctor_id = d.id
        WHERE p.id = v_notice.patient_id;
    END $$;
    REVOKE ALL ON FUNCTION app_claim_notice(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_claim_notice(text) TO dentalization_app;
    COMMENT ON FUNCTION app_claim_notice(text) IS 'declared fd1ecaef65200403';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_left_notices() RETURNS TABLE (id text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT n.id FROM public.care_notices n
      WHERE current_setting('app.role', true) = 'WORKER' AND n.settled_at IS NULL
        AND n.created_at < now() - interval '5 minutes'
        AND NOT EXISTS (SELECT 1 FROM public.procrastinate_jobs j
          WHERE j.lock = 'care notice ' || n.id AND j.status IN ('todo', 'doing'))
      ORDER BY n.created_at LIMIT 1000
    $$;
    REVOKE ALL ON FUNCTION app_left_notices() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_left_notices() TO dentalization_app;
    COMMENT ON FUNCTION app_left_notices() IS 'declared 3b1faaa040460fdc';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_free_slots(
      p_doctor text, p_begin timestamptz, p_end timestamptz, p_minutes integer, p_most integer
    ) RETURNS TABLE (scheduled_at timestamptz, duration integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    BEGIN
      IF coalesce(current_setting('app.user_id', true), '') = '' OR NOT public.app_practises(p_doctor) THEN
        RETURN;
      END IF;
      p_begin := greatest(p_begin, now());
      p_end := least(p_end, p_begin + interval '61 days');
      IF p_end <= p_begin OR p_minutes < 1 THEN
        RETURN;
      END IF;
      RETURN QUERY
      WITH
      calendar AS (
        SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
      ),
      days AS (
        SELECT d.day::date AS day, c.time_zone,
          (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
          ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
        FROM calendar c, generate_series((p_begin AT TIME ZONE c.time_zone)::date::timestamp,
          (p_end AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
      ),
      offsets AS (
        SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
          (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
        FROM days d
      ),
      turns AS (
        SELECT o.*, CASE WHEN o.old <> o.new THEN (
          SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
          WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
        FROM offsets o
      ),
      exceptions AS (
        SELECT e.day,
          range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
            AS closed,
          range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
        FROM public.schedule_exceptions e
        WHERE e.doctor_id = p_doctor AND e.day >= (p_begin)::date - 2 AND e.day <= (p_end)::date + 2
        GROUP BY e.day
      ),
      weekdays AS (
        SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
        FROM public.working_hours h WHERE h.doctor_id = p_doctor GROUP BY h.weekday
      ),
      minutes AS (
        SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{}'::int4multirange)
          - coalesce(e.closed, '{}'::int4multirange) + coalesce(e.extra, '{}'::int4multirange)) AS open
        FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
          LEFT JOIN exceptions e ON e.day = t.day
      ),
      open_days AS (
        SELECT m.day, range_agg(part.open) AS open FROM minutes m,
          LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
            m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
          LATERAL (VALUES
            (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
              * tstzrange(NULL, m.turn)),
            (CASE WHEN m.turn IS NOT NULL THEN
              tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
                * tstzrange(m.turn, NULL) END)) AS part (open)
        WHERE NOT isempty(part.open) GROUP BY m.day
      ),
      busy AS MATERIALIZED (
        SELECT coalesce(range_agg(tstzrange(a.scheduled_at - make_interval(mins => c.buffer_minutes),
          a.scheduled_at + make_interval(mins => a.duration + c.buffer_minutes))),
          '{}'::tstzmultirange) AS busy
        FROM calendar c, LATERAL (
          SELECT a.scheduled_at, a.duration FROM public.appointments a
          WHERE a.doctor_id = p_doctor AND a.scheduled_at > p_begin - interval '2 days'
            AND a.scheduled_at < p_end + interval '2 days' AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
          UNION ALL
          SELECT o.scheduled_at, o.duration FROM public.slot_offers o
          WHERE o.doctor_id = p_doctor AND o.scheduled_at > p_begin - interval '2 days'
            AND o.scheduled_at < p_end + interval '2 days' AND o.status = 'OPEN' AND o.expires_at > clock_timestamp()
            AND o.patient_id IS DISTINCT FROM current_setting('app.patient_id', true)) AS a
      )
      SELECT slot.at AS scheduled_at, wanted.minutes AS duration
      FROM calendar c CROSS JOIN busy b CROSS JOIN open_days o,
        LATERAL (SELECT coalesce(p_minutes, c.slot_minutes) AS minutes) AS wanted,
        LATERAL unnest(o.open) AS session,
        LATERAL generate_series(lower(session), upper(session) - make_interval(mins => wanted.minutes),
          make_interval(mins => c.slot_minutes + c.buffer_minutes)) AS slot (at)
      WHERE slot.at >= p_begin AND slot.at < p_end
        AND slot.at > now() AND slot.at >= now() + make_interval(mins => c.minimum_notice_minutes)
        AND slot.at <= now() + make_interval(hours => 24 * c.furthest_days)
        AND NOT b.busy && tstzrange(slot.at, slot.at + make_interval(mins => wanted.minutes))
      ORDER BY 1 LIMIT p_most;
    END $$;
    REVOKE ALL ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) TO dentalization_app;
    COMMENT ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) IS 'declared 135c7822885ab08a';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_booking_terms(p_doctor text, p_patient text, p_at timestamptz, p_minutes integer, p_moving text)
    RETURNS TABLE (practises boolean, allowed boolean, now timestamptz, scheduled boolean,
      minimum_notice_minutes integer, furthest_days integer, longest_minutes integer, is_open boolean,
      doctor_busy boolean, patient_busy boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      v_end timestamptz := p_at + make_interval(mins => p_minutes);
      v_allowed boolean := p_patient = nullif(current_setting('app.patient_id', true), '')
        OR (p_doctor = nullif(current_setting('app.doctor_id', true), '')
          AND EXISTS (SELECT 1 FROM public.care_relationships care
            WHERE care.doctor_id = p_doctor AND care.patient_id = p_patient));
    BEGIN
      RETURN QUERY WITH
      calendar AS (
        SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
      ),
      days AS (
        SELECT d.day::date AS day, c.time_zone,
          (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
          ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
        FROM calendar c, generate_series((p_at AT TIME ZONE c.time_zone)::date::timestamp,
          (v_end AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
      ),
      offsets AS (
        SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
          (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
        FROM days d
      ),
      turns AS (
        SELECT o.*, CASE WHEN o.old <> o.new THEN (
          SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
          WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
        FROM offsets o
      ),
      exceptions AS (
        SELECT e.day,
          range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
            AS closed,
          range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
        FROM public.schedule_exceptions e
        WHERE e.doctor_id = p_doctor AND e.day >= (p_at)::date - 2 AND e.day <= (v_end)::date + 2
        GROUP BY e.day
      ),
      weekdays AS (
        SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
        FROM public.working_hours h WHERE h.doctor_id = p_doctor GROUP BY h.weekday
      ),
      minutes AS (
        SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{}'::int4multirange)
          - coalesce(e.closed, '{}'::int4multirange) + coalesce(e.extra, '{}'::int4multirange)) AS open
        FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
          LEFT JOIN exceptions e ON e.day = t.day
      ),
      open_days AS (
        SELECT m.day, range_agg(part.open) AS open FROM minutes m,
          LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
            m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
          LATERAL (VALUES
            (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
              * tstzrange(NULL, m.turn)),
            (CASE WHEN m.turn IS NOT NULL THEN
              tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
                * tstzrange(m.turn, NULL) END)) AS part (open)
        WHERE NOT isempty(part.open) GROUP BY m.day
      )
      SELECT public.app_practises(d.id), coalesce(v_allowed, false), now(), c.doctor_id IS NOT NULL,
        coalesce(c.minimum_notice_minutes, 0), coalesce(c.furthest_days, 0), coalesce(c.longest_minutes, 0),
        coalesce(tstzrange(p_at, v_end) <@ (SELECT range_agg(one.open)
          FROM open_days o, LATERAL unnest(o.open) AS one (open)), false),
        EXISTS (SELECT 1 FROM public.appointments a
          WHERE a.doctor_id = p_doctor AND a.id IS DISTINCT FROM p_moving AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            AND a.scheduled_at > p_at - interval '2 days' AND a.scheduled_at < v_end + interval '1 day'
            AND tstzrange(a.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
              a.scheduled_at + make_interval(mins => a.duration + coalesce(c.buffer_minutes, 0)))
              && tstzrange(p_at, v_end))
          OR EXISTS (SELECT 1 FROM public.slot_offers o
            WHERE o.doctor_id = p_doctor AND o.status = 'OPEN' AND o.expires_at > clock_timestamp() AND o.patient_id IS DISTINCT FROM p_patient
              AND o.scheduled_at > p_at - interval '2 days' AND o.scheduled_at < v_end + interval '1 day'
              AND tstzrange(o.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
                o.scheduled_at + make_interval(mins => o.duration + coalesce(c.buffer_minutes, 0)))
                && tstzrange(p_at, v_end)),
        coalesce(v_allowed, false) AND EXISTS (SELECT 1 FROM public.appointments a
          WHERE a.patient_id = p_patient AND a.id IS DISTINCT FROM p_moving AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            AND a.scheduled_at > p_at - interval '1 day' AND a.scheduled_at < v_end
            AND public.appointment_span(a.scheduled_at, a.duration) && tstzrange(p_at, v_end))
      FROM public.doctor_profiles d LEFT JOIN calendar c ON c.doctor_id = d.id WHERE d.id = p_doctor;
    END $$;
    REVOKE ALL ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) TO dentalization_app;
    COMMENT ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) IS 'declared 61501056c124a592';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_offer_time(p_doctor text, p_at timestamptz, p_minutes integer) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
      v_calendar public.doctor_schedules;
      v_entry public.waiting_entries;
      v_local timestamp;
      v_minute integer;
      v_left interval;
      v_too_many integer := p_minutes + 1;
      v_offer text;
    BEGIN
      SELECT s.* INTO v_calendar FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor;
      IF v_calendar.doctor_id IS NULL OR NOT EXISTS (SELECT 1 FROM public.waiting_entries w
          WHERE w.doctor_id = p_doctor AND w.status = 'WAITING') THEN
        RETURN NULL;
      END IF;
      PERFORM public.app_lock_calendar(p_doctor, NULL);
      v_left := p_at - make_interval(mins => v_calendar.minimum_notice_minutes) - clock_timestamp();
      IF v_left < interval '15 minutes' OR p_at > now() + make_interval(hours => 24 * v_calendar.furthest_days)
          OR NOT public.app_practises(p_doctor) THEN
        RETURN NULL;
      END IF;
      v_local := p_at AT TIME ZONE v_calendar.time_zone;
      v_minute := extract(hour FROM v_local) * 60 + extract(minute FROM v_local);
      FOR v_entry IN SELECT w.* FROM public.waiting_entries w
        WHERE w.doctor_id = p_doctor AND w.status = 'WAITING' AND w.minutes <= p_minutes
          AND v_local::date BETWEEN w.earliest_on AND w.latest_on
          AND (w.weekdays >> (extract(isodow FROM v_local)::integer - 1)) & 1 = 1
          AND w.opens <= v_minute AND v_minute + w.minutes <= w.closes
          AND NOT EXISTS (SELECT 1 FROM public.slot_offers o WHERE o.entry_id = w.id
            AND (o.scheduled_at = p_at OR (o.status = 'OPEN' AND o.expires_at > clock_timestamp())))
          AND NOT EXISTS (SELECT 1 FROM public.appointments a
            WHERE a.patient_id = w.patient_id AND a.scheduled_at > p_at - interval '1 day'
              AND a.scheduled_at < p_at + make_interval(mins => w.minutes)
              AND ((a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND public.appointment_span(a.scheduled_at, a.duration)
                  && public.appointment_span(p_at, w.minutes))
                OR (a.doctor_id = p_doctor AND a.scheduled_at = p_at)))
        ORDER BY w.created_at, w.id
      LOOP
        CONTINUE WHEN v_entry.minutes >= v_too_many;
        IF EXISTS (SELECT 1 FROM public.app_booking_terms(
            p_doctor, v_entry.patient_id, p_at, v_entry.minutes, NULL) t
            WHERE t.is_open AND NOT t.doctor_busy) THEN
          INSERT INTO public.slot_offers
            (id, entry_id, patient_id, doctor_id, scheduled_at, duration, freed_minutes, expires_at)
          VALUES ('c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), v_entry.id, v_entry.patient_id, p_doctor, p_at, v_entry.minutes, p_minutes,
            clock_timestamp() + least(interval '2 hours', v_left,
              greatest(interval '15 minutes', (p_at - clock_timestamp()) / 4)))
          RETURNING id INTO v_offer;
          PERFORM public.app_write_notice(v_entry.patient_id, 'OFFER', v_offer);
          PERFORM public.app_tell(v_entry.patient_id, 'offer', v_offer);
          RETURN v_offer;
        END IF;
        v_too_many := v_entry.minutes;
      END LOOP;
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_offer_time(text, timestamptz, integer) FROM PUBLIC;
    COMMENT ON FUNCTION app_offer_time(text, timestamptz, integer) IS 'declared f0b689514ebe0269';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_free_time() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      PERFORM public.app_offer_time(OLD.doctor_id, OLD.scheduled_at, OLD.duration);
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_free_time() FROM PUBLIC;
    COMMENT ON FUNCTION app_free_time() IS 'declared 6452b8711c5233a2';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_pass_on_offer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      PERFORM public.app_offer_time(NEW.doctor_id, NEW.scheduled_at, NEW.freed_minutes);
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_pass_on_offer() FROM PUBLIC;
    COMMENT ON FUNCTION app_pass_on_offer() IS 'declared 8468684cffecb483';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_leave_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      UPDATE public.slot_offers o SET status = 'WITHDRAWN' WHERE o.entry_id = NEW.id AND o.status = 'OPEN';
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_leave_line() FROM PUBLIC;
    COMMENT ON FUNCTION app_leave_line() IS 'declared a49e18186dad7510';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_fulfil_wishes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      UPDATE public.slot_offers o SET status = 'ACCEPTED' FROM booked_rows b
        WHERE o.doctor_id = b.doctor_id AND o.patient_id = b.patient_id AND o.scheduled_at = b.scheduled_at
          AND o.status = 'OPEN' AND b.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS');
      UPDATE public.waiting_entries w SET status = 'FULFILLED', closed_at = now()
        FROM booked_rows b JOIN public.doctor_schedules s ON s.doctor_id = b.doctor_id
        WHERE w.doctor_id = b.doctor_id AND w.patient_id = b.patient_id AND w.status = 'WAITING'
          AND b.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
          AND (b.scheduled_at AT TIME ZONE s.time_zone)::date BETWEEN w.earliest_on AND w.latest_on;
      UPDATE public.recalls r SET status = 'FULFILLED', closed_at = now() FROM booked_rows b
        WHERE r.doctor_id = b.doctor_id AND r.patient_id = b.patient_id AND r.status = 'OPEN'
          AND b.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND b.scheduled_at > now();
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_fulfil_wishes() FROM PUBLIC;
    COMMENT ON FUNCTION app_fulfil_wishes() IS 'declared ff513e96ca053e69';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erase_person(p_request text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_request public.erasure_requests; v_user text; v_patient text; v_doctor text; v_markers jsonb;
      v_first boolean; v_objects jsonb; v_counts jsonb; v_rows integer; v_deleted integer := 0;
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN NULL;
      END IF;
      SELECT * INTO v_request FROM public.erasure_requests WHERE id = p_request AND status <> 'done' FOR UPDATE;
      IF v_request.id IS NULL THEN
        RETURN NULL;
      END IF;
      v_user := v_request.user_id;
      v_markers := v_request.markers;
      v_counts := v_request.counts;
      v_first := v_counts = '{}'::jsonb;
      SELECT id INTO v_patient FROM public.patient_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT id INTO v_doctor FROM public.doctor_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT coalesce(jsonb_agg('photos/' || p.id), '[]') INTO v_objects FROM public.dental_photos p
        WHERE p.patient_id = v_patient AND coalesce(p.metadata->>'object', 'photos/' || p.id) = 'photos/' || p.id;
      DELETE FROM public.spent_refresh_tokens WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('refresh-tokens', coalesce((v_counts->>'refresh-tokens')::integer, 0) + v_rows);
      DELETE FROM public.session_writes WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('written', coalesce((v_counts->>'written')::integer, 0) + v_rows);
      DELETE FROM public.session_confirmations WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('confirmations', coalesce((v_counts->>'confirmations')::integer, 0) + v_rows);
      DELETE FROM public.sessions WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sessions', coalesce((v_counts->>'sessions')::integer, 0) + v_rows);
      DELETE FROM public.totp_factors WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('authenticator', coalesce((v_counts->>'authenticator')::integer, 0) + v_rows);
      DELETE FROM public.recovery_codes WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('recovery-codes', coalesce((v_counts->>'recovery-codes')::integer, 0) + v_rows);
      DELETE FROM public.passkeys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('passkeys', coalesce((v_counts->>'passkeys')::integer, 0) + v_rows);
      DELETE FROM public.factor_challenges WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sign-ins-begun', coalesce((v_counts->>'sign-ins-begun')::integer, 0) + v_rows);
      DELETE FROM public.events WHERE audience IN (v_patient, v_doctor);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('events', coalesce((v_counts->>'events')::integer, 0) + v_rows);
      DELETE FROM public.mail_tokens WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('letters', coalesce((v_counts->>'letters')::integer, 0) + v_rows);
      DELETE FROM public.verified_emails WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('verified-address', coalesce((v_counts->>'verified-address')::integer, 0) + v_rows);
      DELETE FROM public.idempotency_keys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('retries', coalesce((v_counts->>'retries')::integer, 0) + v_rows);
      DELETE FROM public.shadow_findings WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('shadows', coalesce((v_counts->>'shadows')::integer, 0) + v_rows);
      DELETE FROM public.analyses WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('analyses', coalesce((v_counts->>'analyses')::integer, 0) + v_rows);
      DELETE FROM public.diagnosis_reviews WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('claims', coalesce((v_counts->>'claims')::integer, 0) + v_rows);
      DELETE FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING';
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('undecided', coalesce((v_counts->>'undecided')::integer, 0) + v_rows);
      DELETE FROM public.dental_photos WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('photos', coalesce((v_counts->>'photos')::integer, 0) + v_rows);
      DELETE FROM public.appointments WHERE patient_id = v_patient AND status NOT IN ('IN_PROGRESS', 'COMPLETED');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointments-open', coalesce((v_counts->>'appointments-open')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.ai_diagnoses SET photo_url = 'urn:erased', metadata = app_scrubbed((metadata - 'photoId')::text, v_markers)::jsonb, diagnosis = app_scrubbed(diagnosis, v_markers), notes = app_scrubbed(notes, v_markers) WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status <> 'PENDING';
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('decided', coalesce((v_counts->>'decided')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.diagnosis_reviews SET notes = app_scrubbed(notes, v_markers) WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('reviews', coalesce((v_counts->>'reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointments SET reason = app_scrubbed(reason, v_markers), notes = app_scrubbed(notes, v_markers), metadata = app_scrubbed(metadata::text, v_markers)::jsonb WHERE patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED');
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('appointments-kept', coalesce((v_counts->>'appointments-kept')::integer, 0) + v_rows);
      DELETE FROM public.appointment_letters WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointment-letters', coalesce((v_counts->>'appointment-letters')::integer, 0) + v_rows);
      DELETE FROM public.appointment_invitations WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointment-versions', coalesce((v_counts->>'appointment-versions')::integer, 0) + v_rows);
      DELETE FROM public.calendar_feeds WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('calendar-feed', coalesce((v_counts->>'calendar-feed')::integer, 0) + v_rows);
      DELETE FROM public.appointment_check_ins WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('check-ins', coalesce((v_counts->>'check-ins')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointment_events SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('appointment-history', coalesce((v_counts->>'appointment-history')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointment_overbookings SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('overbookings', coalesce((v_counts->>'overbookings')::integer, 0) + v_rows);
      DELETE FROM public.care_notices WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('notices', coalesce((v_counts->>'notices')::integer, 0) + v_rows);
      DELETE FROM public.slot_offers WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('offers', coalesce((v_counts->>'offers')::integer, 0) + v_rows);
      DELETE FROM public.waiting_entries WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('waiting-list', coalesce((v_counts->>'waiting-list')::integer, 0) + v_rows);
      DELETE FROM public.recalls WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('recalls', coalesce((v_counts->>'recalls')::integer, 0) + v_rows);
      DELETE FROM public.recalls WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('recalls-set', coalesce((v_counts->>'recalls-set')::integer, 0) + v_rows);
      DELETE FROM public.waiting_entries WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('line', coalesce((v_counts->>'line')::integer, 0) + v_rows);
      DELETE FROM public.schedule_exceptions WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('days-off', coalesce((v_counts->>'days-off')::integer, 0) + v_rows);
      DELETE FROM public.working_hours WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('working-hours', coalesce((v_counts->>'working-hours')::integer, 0) + v_rows);
      DELETE FROM public.doctor_schedules WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('calendar', coalesce((v_counts->>'calendar')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.medical_records SET title = app_scrubbed(title, v_markers), description = app_scrubbed(description, v_markers), data = app_scrubbed(data::text, v_markers)::jsonb WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('records', coalesce((v_counts->>'records')::integer, 0) + v_rows);
      DELETE FROM public.patient_phone_index WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('phone-index', coalesce((v_counts->>'phone-index')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.emergency_accesses SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('emergencies', coalesce((v_counts->>'emergencies')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.audit_log WHERE person IN (v_user, v_patient) OR user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('accesses', coalesce((v_counts->>'accesses')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.care_relationships WHERE patient_id = v_patient;
      END IF;
      v_counts := v_counts || jsonb_build_object('care', coalesce((v_counts->>'care')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.consents SET address_digest = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('consents', coalesce((v_counts->>'consents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.patient_profiles SET first_name = 'Erased', last_name = upper(left(replace(gen_random_uuid()::text, '-', ''), 8)), date_of_birth = date_trunc('year', date_of_birth)::date, profile_complete = false, phone = NULL, address = NULL, emergency_contact = NULL, allergies = NULL, medications = NULL, medical_history = NULL, insurance_info = NULL, pain_tolerance = NULL, preferred_language = NULL, dietary_restrictions = NULL, smoking_status = NULL, dental_concerns = NULL, previous_dental_work = NULL, last_dental_visit = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('patient', coalesce((v_counts->>'patient')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.doctor_profiles SET is_verified = false, profile_complete = false, phone = NULL, education = NULL, clinic_name = NULL, clinic_address = NULL, clinic_phone = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('doctor', coalesce((v_counts->>'doctor')::integer, 0) + v_rows);
      DELETE FROM public.licence_documents WHERE submission_id IN (SELECT id FROM public.licence_submissions WHERE doctor_id = v_doctor);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('licence-documents', coalesce((v_counts->>'licence-documents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_submissions WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licences', coalesce((v_counts->>'licences')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_events WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licence-events', coalesce((v_counts->>'licence-events')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.diagnosis_reviews WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('written-reviews', coalesce((v_counts->>'written-reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.users SET email = 'erased-' || replace(gen_random_uuid()::text, '-', '') || '@erased.invalid', password = '!' WHERE id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('account', coalesce((v_counts->>'account')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_requests WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-request', coalesce((v_counts->>'erasure-request')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_reports WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-report', coalesce((v_counts->>'erasure-report')::integer, 0) + v_rows);
      UPDATE public.erasure_requests
        SET status = 'running', objects = objects || v_objects, counts = v_counts WHERE id = p_request;
      RETURN v_deleted;
    END $$;
    REVOKE ALL ON FUNCTION app_erase_person(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erase_person(text) TO dentalization_app;
    COMMENT ON FUNCTION app_erase_person(text) IS 'declared 67ea45698d3b518c';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER appointments_waiting AFTER UPDATE OF status, scheduled_at, duration ON appointments FOR EACH ROW WHEN (OLD.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND (NEW.status = 'CANCELLED' OR (OLD.scheduled_at, OLD.duration) IS DISTINCT FROM (NEW.scheduled_at, NEW.duration))) EXECUTE FUNCTION app_free_time();
    COMMENT ON TRIGGER appointments_waiting ON appointments IS 'declared 4f0fa5ae81e75e25';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER slot_offers_pass_on AFTER UPDATE OF status ON slot_offers FOR EACH ROW WHEN (OLD.status = 'OPEN' AND NEW.status IN ('DECLINED', 'EXPIRED', 'WITHDRAWN')) EXECUTE FUNCTION app_pass_on_offer();
    COMMENT ON TRIGGER slot_offers_pass_on ON slot_offers IS 'declared f9c001d405879e02';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER waiting_entries_leave AFTER UPDATE OF status ON waiting_entries FOR EACH ROW WHEN (OLD.status = 'WAITING' AND NEW.status <> 'WAITING') EXECUTE FUNCTION app_leave_line();
    COMMENT ON TRIGGER waiting_entries_leave ON waiting_entries IS 'declared 0e777c51c78ca0cf';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER appointments_fulfil AFTER INSERT ON appointments REFERENCING NEW TABLE AS booked_rows FOR EACH STATEMENT EXECUTE FUNCTION app_fulfil_wishes();
    COMMENT ON TRIGGER appointments_fulfil ON appointments IS 'declared 9d75861c3da70aec';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'recalls' LOOP
        EXECUTE format('DROP POLICY %I ON recalls', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON recalls FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE recalls ENABLE ROW LEVEL SECURITY;
    ALTER TABLE recalls FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON recalls TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON recalls TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON recalls FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
    CREATE POLICY app_insert_2 ON recalls FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND status = 'OPEN' AND EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = recalls.patient_id));
    CREATE POLICY app_update_3 ON recalls FOR UPDATE TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND status = 'OPEN') WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND status = 'WITHDRAWN');
    GRANT SELECT, INSERT, UPDATE, DELETE ON recalls TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (status, closed_at) ON recalls TO dentalization_app;
    COMMENT ON POLICY owner ON recalls IS 'declared 8ebc31c75a169781';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'care_notices' LOOP
        EXECUTE format('DROP POLICY %I ON care_notices', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON care_notices FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE care_notices ENABLE ROW LEVEL SECURITY;
    ALTER TABLE care_notices FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON care_notices TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON care_notices TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON care_notices FOR SELECT TO dentalization_app USING ((patient_id = (SELECT nullif(current_setting('app.patient_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_update_2 ON care_notices FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND settled_at IS NULL) WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_delete_3 ON care_notices FOR DELETE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND created_at < now() - interval '365 days');
    GRANT SELECT, INSERT, UPDATE, DELETE ON care_notices TO dentalization_service;
    GRANT SELECT, UPDATE (claimed_at, settled_at, outcome), DELETE ON care_notices TO dentalization_app;
    COMMENT ON POLICY owner ON care_notices IS 'declared fcbfbfa693e75a54';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'waiting_entries' LOOP
        EXECUTE format('DROP POLICY %I ON waiting_entries', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON waiting_entries FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE waiting_entries ENABLE ROW LEVEL SECURITY;
    ALTER TABLE waiting_entries FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON waiting_entries TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON waiting_entries TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON waiting_entries FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
    CREATE POLICY app_insert_2 ON waiting_entries FOR INSERT TO dentalization_app WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) AND status = 'WAITING' AND created_at = now());
    CREATE POLICY app_update_3 ON waiting_entries FOR UPDATE TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) AND status = 'WAITING') WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) AND status = 'LEFT');
    GRANT SELECT, INSERT, UPDATE, DELETE ON waiting_entries TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (status, closed_at) ON waiting_entries TO dentalization_app;
    COMMENT ON POLICY owner ON waiting_entries IS 'declared 01b5e212d4b528fc';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'slot_offers' LOOP
        EXECUTE format('DROP POLICY %I ON slot_offers', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON slot_offers FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE slot_offers ENABLE ROW LEVEL SECURITY;
    ALTER TABLE slot_offers FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON slot_offers TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON slot_offers TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON slot_offers FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_update_2 ON slot_offers FOR UPDATE TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) AND status = 'OPEN') WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) AND status = 'DECLINED');
    CREATE POLICY app_update_3 ON slot_offers FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND status = 'OPEN') WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND status = 'EXPIRED');
    GRANT SELECT, INSERT, UPDATE, DELETE ON slot_offers TO dentalization_service;
    GRANT SELECT, UPDATE (status) ON slot_offers TO dentalization_app;
    COMMENT ON POLICY owner ON slot_offers IS 'declared 1414f778531a62f2';
    """)


def downgrade() -> None:
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_guard_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      IF TG_OP = 'INSERT' AND coalesce(current_setting('app.role', true), '') <> ''
          AND NOT public.app_practises(NEW.doctor_id) THEN
        RAISE EXCEPTION 'this doctor does not practise'
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointments_doctor_practises';
      END IF;
      IF NOT (NEW.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')) THEN
        RETURN NEW;
      END IF;
      IF TG_OP = 'UPDATE' THEN
        IF OLD.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            AND (OLD.doctor_id, OLD.patient_id, OLD.scheduled_at, OLD.duration, coalesce(OLD.metadata @> '{"overbooked": true}', false))
              = (NEW.doctor_id, NEW.patient_id, NEW.scheduled_at, NEW.duration, coalesce(NEW.metadata @> '{"overbooked": true}', false)) THEN
          RETURN NEW;
        END IF;
      END IF;
      PERFORM public.app_lock_calendar(NEW.doctor_id, NEW.patient_id);
      IF coalesce(NEW.metadata @> '{"overbooked": true}', false) THEN
        IF NOT EXISTS (SELECT 1 FROM public.appointment_overbookings o WHERE o.appointment_id = NEW.id
            AND o.doctor_id = NEW.doctor_id AND o.patient_id = NEW.patient_id AND o.created_at = now()) THEN
          RAISE EXCEPTION 'an overbooking has a reason of its doctor'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointments_overbooking_reason';
        END IF;
      ELSIF EXISTS (SELECT 1 FROM public.appointments a
          WHERE a.doctor_id = NEW.doctor_id AND a.id <> NEW.id AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND coalesce(a.metadata @> '{"overbooked": true}', false)
            AND a.scheduled_at > NEW.scheduled_at - interval '1 day'
            AND a.scheduled_at < NEW.scheduled_at + make_interval(mins => NEW.duration)
            AND public.appointment_span(a.scheduled_at, a.duration)
              && public.appointment_span(NEW.scheduled_at, NEW.duration)) THEN
        RAISE EXCEPTION 'an overbooked appointment has this time'
          USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_doctor_overlap';
      END IF;
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_guard_appointment() FROM PUBLIC;
    COMMENT ON FUNCTION app_guard_appointment() IS 'declared 4c4da9db7f41a5fc';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_free_slots(
      p_doctor text, p_begin timestamptz, p_end timestamptz, p_minutes integer, p_most integer
    ) RETURNS TABLE (scheduled_at timestamptz, duration integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    BEGIN
      IF coalesce(current_setting('app.user_id', true), '') = '' OR NOT public.app_practises(p_doctor) THEN
        RETURN;
      END IF;
      p_begin := greatest(p_begin, now());
      p_end := least(p_end, p_begin + interval '61 days');
      IF p_end <= p_begin OR p_minutes < 1 THEN
        RETURN;
      END IF;
      RETURN QUERY 
      WITH 
      calendar AS (
        SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
      ),
      days AS (
        SELECT d.day::date AS day, c.time_zone,
          (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
          ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
        FROM calendar c, generate_series((p_begin AT TIME ZONE c.time_zone)::date::timestamp,
          (p_end AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
      ),
      offsets AS (
        SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
          (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
        FROM days d
      ),
      turns AS (
        SELECT o.*, CASE WHEN o.old <> o.new THEN (
          SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
          WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
        FROM offsets o
      ),
      exceptions AS (
        SELECT e.day,
          range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
            AS closed,
          range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
        FROM public.schedule_exceptions e
        WHERE e.doctor_id = p_doctor AND e.day >= (p_begin)::date - 2 AND e.day <= (p_end)::date + 2
        GROUP BY e.day
      ),
      weekdays AS (
        SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
        FROM public.working_hours h WHERE h.doctor_id = p_doctor GROUP BY h.weekday
      ),
      minutes AS (
        SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{}'::int4multirange)
          - coalesce(e.closed, '{}'::int4multirange) + coalesce(e.extra, '{}'::int4multirange)) AS open
        FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
          LEFT JOIN exceptions e ON e.day = t.day
      ),
      open_days AS (
        SELECT m.day, range_agg(part.open) AS open FROM minutes m,
          LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
            m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
          LATERAL (VALUES
            (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
              * tstzrange(NULL, m.turn)),
            (CASE WHEN m.turn IS NOT NULL THEN
              tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
                * tstzrange(m.turn, NULL) END)) AS part (open)
        WHERE NOT isempty(part.open) GROUP BY m.day
      ),
      busy AS MATERIALIZED (
        SELECT coalesce(range_agg(tstzrange(a.scheduled_at - make_interval(mins => c.buffer_minutes),
          a.scheduled_at + make_interval(mins => a.duration + c.buffer_minutes))),
          '{}'::tstzmultirange) AS busy
        FROM calendar c JOIN public.appointments a ON a.doctor_id = c.doctor_id
        WHERE a.doctor_id = p_doctor AND a.scheduled_at > p_begin - interval '2 days'
          AND a.scheduled_at < p_end + interval '2 days' AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
      )
      SELECT slot.at AS scheduled_at, wanted.minutes AS duration
      FROM calendar c CROSS JOIN busy b CROSS JOIN open_days o,
        LATERAL (SELECT coalesce(p_minutes, c.slot_minutes) AS minutes) AS wanted,
        LATERAL unnest(o.open) AS session,
        LATERAL generate_series(lower(session), upper(session) - make_interval(mins => wanted.minutes),
          make_interval(mins => c.slot_minutes + c.buffer_minutes)) AS slot (at)
      WHERE slot.at >= p_begin AND slot.at < p_end
        AND slot.at > now() AND slot.at >= now() + make_interval(mins => c.minimum_notice_minutes)
        AND slot.at <= now() + make_interval(hours => 24 * c.furthest_days)
        AND NOT b.busy && tstzrange(slot.at, slot.at + make_interval(mins => wanted.minutes))
      ORDER BY 1 LIMIT p_most;
    END $$;
    REVOKE ALL ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) TO dentalization_app;
    COMMENT ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) IS 'declared c5545dcf72e0406c';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_booking_terms(p_doctor text, p_patient text, p_at timestamptz, p_minutes integer, p_moving text)
    RETURNS TABLE (practises boolean, allowed boolean, now timestamptz, scheduled boolean,
      minimum_notice_minutes integer, furthest_days integer, longest_minutes integer, is_open boolean,
      doctor_busy boolean, patient_busy boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE
      v_end timestamptz := p_at + make_interval(mins => p_minutes);
      v_allowed boolean := p_patient = nullif(current_setting('app.patient_id', true), '')
        OR (p_doctor = nullif(current_setting('app.doctor_id', true), '')
          AND EXISTS (SELECT 1 FROM public.care_relationships care
            WHERE care.doctor_id = p_doctor AND care.patient_id = p_patient));
    BEGIN
      RETURN QUERY WITH 
      calendar AS (
        SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
      ),
      days AS (
        SELECT d.day::date AS day, c.time_zone,
          (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
          ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
        FROM calendar c, generate_series((p_at AT TIME ZONE c.time_zone)::date::timestamp,
          (v_end AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
      ),
      offsets AS (
        SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
          (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
        FROM days d
      ),
      turns AS (
        SELECT o.*, CASE WHEN o.old <> o.new THEN (
          SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
          WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
        FROM offsets o
      ),
      exceptions AS (
        SELECT e.day,
          range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
            AS closed,
          range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
        FROM public.schedule_exceptions e
        WHERE e.doctor_id = p_doctor AND e.day >= (p_at)::date - 2 AND e.day <= (v_end)::date + 2
        GROUP BY e.day
      ),
      weekdays AS (
        SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
        FROM public.working_hours h WHERE h.doctor_id = p_doctor GROUP BY h.weekday
      ),
      minutes AS (
        SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{}'::int4multirange)
          - coalesce(e.closed, '{}'::int4multirange) + coalesce(e.extra, '{}'::int4multirange)) AS open
        FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
          LEFT JOIN exceptions e ON e.day = t.day
      ),
      open_days AS (
        SELECT m.day, range_agg(part.open) AS open FROM minutes m,
          LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
            m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
          LATERAL (VALUES
            (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
              * tstzrange(NULL, m.turn)),
            (CASE WHEN m.turn IS NOT NULL THEN
              tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
                * tstzrange(m.turn, NULL) END)) AS part (open)
        WHERE NOT isempty(part.open) GROUP BY m.day
      )
      SELECT public.app_practises(d.id), coalesce(v_allowed, false), now(), c.doctor_id IS NOT NULL,
        coalesce(c.minimum_notice_minutes, 0), coalesce(c.furthest_days, 0), coalesce(c.longest_minutes, 0),
        coalesce(tstzrange(p_at, v_end) <@ (SELECT range_agg(one.open)
          FROM open_days o, LATERAL unnest(o.open) AS one (open)), false),
        EXISTS (SELECT 1 FROM public.appointments a
          WHERE a.doctor_id = p_doctor AND a.id IS DISTINCT FROM p_moving AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            AND a.scheduled_at > p_at - interval '2 days' AND a.scheduled_at < v_end + interval '1 day'
            AND tstzrange(a.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
              a.scheduled_at + make_interval(mins => a.duration + coalesce(c.buffer_minutes, 0)))
              && tstzrange(p_at, v_end)),
        coalesce(v_allowed, false) AND EXISTS (SELECT 1 FROM public.appointments a
          WHERE a.patient_id = p_patient AND a.id IS DISTINCT FROM p_moving AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            AND a.scheduled_at > p_at - interval '1 day' AND a.scheduled_at < v_end
            AND public.appointment_span(a.scheduled_at, a.duration) && tstzrange(p_at, v_end))
      FROM public.doctor_profiles d LEFT JOIN calendar c ON c.doctor_id = d.id WHERE d.id = p_doctor;
    END $$;
    REVOKE ALL ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) TO dentalization_app;
    COMMENT ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) IS 'declared 8ee9ca7fb16c8e62';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erase_person(p_request text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_request public.erasure_requests; v_user text; v_patient text; v_doctor text; v_markers jsonb;
      v_first boolean; v_objects jsonb; v_counts jsonb; v_rows integer; v_deleted integer := 0;
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN NULL;
      END IF;
      SELECT * INTO v_request FROM public.erasure_requests WHERE id = p_request AND status <> 'done' FOR UPDATE;
      IF v_request.id IS NULL THEN
        RETURN NULL;
      END IF;
      v_user := v_request.user_id;
      v_markers := v_request.markers;
      v_counts := v_request.counts;
      v_first := v_counts = '{}'::jsonb;
      SELECT id INTO v_patient FROM public.patient_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT id INTO v_doctor FROM public.doctor_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT coalesce(jsonb_agg('photos/' || p.id), '[]') INTO v_objects FROM public.dental_photos p
        WHERE p.patient_id = v_patient AND coalesce(p.metadata->>'object', 'photos/' || p.id) = 'photos/' || p.id;
      DELETE FROM public.spent_refresh_tokens WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('refresh-tokens', coalesce((v_counts->>'refresh-tokens')::integer, 0) + v_rows);
      DELETE FROM public.session_writes WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('written', coalesce((v_counts->>'written')::integer, 0) + v_rows);
      DELETE FROM public.session_confirmations WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('confirmations', coalesce((v_counts->>'confirmations')::integer, 0) + v_rows);
      DELETE FROM public.sessions WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sessions', coalesce((v_counts->>'sessions')::integer, 0) + v_rows);
      DELETE FROM public.totp_factors WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('authenticator', coalesce((v_counts->>'authenticator')::integer, 0) + v_rows);
      DELETE FROM public.recovery_codes WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('recovery-codes', coalesce((v_counts->>'recovery-codes')::integer, 0) + v_rows);
      DELETE FROM public.passkeys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('passkeys', coalesce((v_counts->>'passkeys')::integer, 0) + v_rows);
      DELETE FROM public.factor_challenges WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sign-ins-begun', coalesce((v_counts->>'sign-ins-begun')::integer, 0) + v_rows);
      DELETE FROM public.events WHERE audience IN (v_patient, v_doctor);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('events', coalesce((v_counts->>'events')::integer, 0) + v_rows);
      DELETE FROM public.mail_tokens WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('letters', coalesce((v_counts->>'letters')::integer, 0) + v_rows);
      DELETE FROM public.verified_emails WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('verified-address', coalesce((v_counts->>'verified-address')::integer, 0) + v_rows);
      DELETE FROM public.idempotency_keys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('retries', coalesce((v_counts->>'retries')::integer, 0) + v_rows);
      DELETE FROM public.shadow_findings WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('shadows', coalesce((v_counts->>'shadows')::integer, 0) + v_rows);
      DELETE FROM public.analyses WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('analyses', coalesce((v_counts->>'analyses')::integer, 0) + v_rows);
      DELETE FROM public.diagnosis_reviews WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('claims', coalesce((v_counts->>'claims')::integer, 0) + v_rows);
      DELETE FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING';
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('undecided', coalesce((v_counts->>'undecided')::integer, 0) + v_rows);
      DELETE FROM public.dental_photos WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('photos', coalesce((v_counts->>'photos')::integer, 0) + v_rows);
      DELETE FROM public.appointments WHERE patient_id = v_patient AND status NOT IN ('IN_PROGRESS', 'COMPLETED');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointments-open', coalesce((v_counts->>'appointments-open')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.ai_diagnoses SET photo_url = 'urn:erased', metadata = app_scrubbed((metadata - 'photoId')::text, v_markers)::jsonb, diagnosis = app_scrubbed(diagnosis, v_markers), notes = app_scrubbed(notes, v_markers) WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status <> 'PENDING';
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('decided', coalesce((v_counts->>'decided')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.diagnosis_reviews SET notes = app_scrubbed(notes, v_markers) WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('reviews', coalesce((v_counts->>'reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointments SET reason = app_scrubbed(reason, v_markers), notes = app_scrubbed(notes, v_markers), metadata = app_scrubbed(metadata::text, v_markers)::jsonb WHERE patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED');
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('appointments-kept', coalesce((v_counts->>'appointments-kept')::integer, 0) + v_rows);
      DELETE FROM public.appointment_letters WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointment-letters', coalesce((v_counts->>'appointment-letters')::integer, 0) + v_rows);
      DELETE FROM public.appointment_invitations WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointment-versions', coalesce((v_counts->>'appointment-versions')::integer, 0) + v_rows);
      DELETE FROM public.calendar_feeds WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('calendar-feed', coalesce((v_counts->>'calendar-feed')::integer, 0) + v_rows);
      DELETE FROM public.appointment_check_ins WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('check-ins', coalesce((v_counts->>'check-ins')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointment_events SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('appointment-history', coalesce((v_counts->>'appointment-history')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointment_overbookings SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('overbookings', coalesce((v_counts->>'overbookings')::integer, 0) + v_rows);
      DELETE FROM public.schedule_exceptions WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('days-off', coalesce((v_counts->>'days-off')::integer, 0) + v_rows);
      DELETE FROM public.working_hours WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('working-hours', coalesce((v_counts->>'working-hours')::integer, 0) + v_rows);
      DELETE FROM public.doctor_schedules WHERE doctor_id = v_doctor;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('calendar', coalesce((v_counts->>'calendar')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.medical_records SET title = app_scrubbed(title, v_markers), description = app_scrubbed(description, v_markers), data = app_scrubbed(data::text, v_markers)::jsonb WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('records', coalesce((v_counts->>'records')::integer, 0) + v_rows);
      DELETE FROM public.patient_phone_index WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('phone-index', coalesce((v_counts->>'phone-index')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.emergency_accesses SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('emergencies', coalesce((v_counts->>'emergencies')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.audit_log WHERE person IN (v_user, v_patient) OR user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('accesses', coalesce((v_counts->>'accesses')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.care_relationships WHERE patient_id = v_patient;
      END IF;
      v_counts := v_counts || jsonb_build_object('care', coalesce((v_counts->>'care')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.consents SET address_digest = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('consents', coalesce((v_counts->>'consents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.patient_profiles SET first_name = 'Erased', last_name = upper(left(replace(gen_random_uuid()::text, '-', ''), 8)), date_of_birth = date_trunc('year', date_of_birth)::date, profile_complete = false, phone = NULL, address = NULL, emergency_contact = NULL, allergies = NULL, medications = NULL, medical_history = NULL, insurance_info = NULL, pain_tolerance = NULL, preferred_language = NULL, dietary_restrictions = NULL, smoking_status = NULL, dental_concerns = NULL, previous_dental_work = NULL, last_dental_visit = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('patient', coalesce((v_counts->>'patient')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.doctor_profiles SET is_verified = false, profile_complete = false, phone = NULL, education = NULL, clinic_name = NULL, clinic_address = NULL, clinic_phone = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('doctor', coalesce((v_counts->>'doctor')::integer, 0) + v_rows);
      DELETE FROM public.licence_documents WHERE submission_id IN (SELECT id FROM public.licence_submissions WHERE doctor_id = v_doctor);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('licence-documents', coalesce((v_counts->>'licence-documents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_submissions WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licences', coalesce((v_counts->>'licences')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_events WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licence-events', coalesce((v_counts->>'licence-events')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.diagnosis_reviews WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('written-reviews', coalesce((v_counts->>'written-reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.users SET email = 'erased-' || replace(gen_random_uuid()::text, '-', '') || '@erased.invalid', password = '!' WHERE id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('account', coalesce((v_counts->>'account')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_requests WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-request', coalesce((v_counts->>'erasure-request')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_reports WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-report', coalesce((v_counts->>'erasure-report')::integer, 0) + v_rows);
      UPDATE public.erasure_requests
        SET status = 'running', objects = objects || v_objects, counts = v_counts WHERE id = p_request;
      RETURN v_deleted;
    END $$;
    REVOKE ALL ON FUNCTION app_erase_person(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erase_person(text) TO dentalization_app;
    COMMENT ON FUNCTION app_erase_person(text) IS 'declared 844aad282de6ccfa';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'slot_offers' LOOP
        EXECUTE format('DROP POLICY %I ON slot_offers', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON slot_offers FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE slot_offers NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE slot_offers DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'waiting_entries' LOOP
        EXECUTE format('DROP POLICY %I ON waiting_entries', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON waiting_entries FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE waiting_entries NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE waiting_entries DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'care_notices' LOOP
        EXECUTE format('DROP POLICY %I ON care_notices', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON care_notices FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE care_notices NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE care_notices DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'recalls' LOOP
        EXECUTE format('DROP POLICY %I ON recalls', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON recalls FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE recalls NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE recalls DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS appointments_fulfil ON appointments;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS waiting_entries_leave ON waiting_entries;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS slot_offers_pass_on ON slot_offers;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS appointments_waiting ON appointments;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_fulfil_wishes();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_leave_line();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_pass_on_offer();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_free_time();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_offer_time(text, timestamptz, integer);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_left_notices();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_claim_notice(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_remind_recalls();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_write_notice(text, text, text);
    """)
    op.drop_index('ix_slot_offers_patient_id', table_name='slot_offers')
    op.drop_index('ix_slot_offers_held', table_name='slot_offers', postgresql_where=sa.text("status = 'OPEN'"))
    op.drop_index('ix_slot_offers_expires_at', table_name='slot_offers', postgresql_where=sa.text("status = 'OPEN'"))
    op.drop_index('ix_slot_offers_entry_id', table_name='slot_offers')
    op.drop_index('ix_slot_offers_doctor_id', table_name='slot_offers')
    op.drop_table('slot_offers')
    op.drop_index('uq_waiting_entries', table_name='waiting_entries', postgresql_where=sa.text("status = 'WAITING'"))
    op.drop_index('ix_waiting_entries_patient_id', table_name='waiting_entries')
    op.drop_index('ix_waiting_entries_line', table_name='waiting_entries', postgresql_where=sa.text("status = 'WAITING'"))
    op.drop_index('ix_waiting_entries_doctor_id', table_name='waiting_entries')
    op.drop_table('waiting_entries')
    op.drop_index('uq_recalls', table_name='recalls', postgresql_where=sa.text("status = 'OPEN'"))
    op.drop_index('ix_recalls_patient_id', table_name='recalls')
    op.drop_index('ix_recalls_due_on', table_name='recalls', postgresql_where=sa.text("status = 'OPEN'"))
    op.drop_index('ix_recalls_doctor_id', table_name='recalls')
    op.drop_table('recalls')
    op.drop_index('uq_care_notices', table_name='care_notices')
    op.drop_index('ix_care_notices_waiting', table_name='care_notices', postgresql_where=sa.text('settled_at IS NULL'))
    op.drop_index(op.f('ix_care_notices_patient_id'), table_name='care_notices')
    op.drop_index('ix_care_notices_created_at', table_name='care_notices')
    op.drop_table('care_notices')
