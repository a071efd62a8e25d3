"""Links by mail and verified addresses

Revision ID: 20261123_mail
Revises: 20261123_shadow_findings
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_mail"
down_revision = "20261123_shadow_findings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mail_tokens',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Enum('PASSWORD_RESET', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE', name='mail_purpose'), nullable=False),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('replaces', sa.String(length=255), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(purpose = 'EMAIL_CHANGE') = (replaces IS NOT NULL)", name=op.f('mail_tokens_replaces')),
    sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f('mail_tokens_email_lower_case')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_mail_tokens_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_tokens'))
    )
    op.create_index('ix_mail_tokens_digest', 'mail_tokens', ['digest'], unique=True)
    op.create_index('ix_mail_tokens_expires_at', 'mail_tokens', ['expires_at'], unique=False)
    op.create_index(op.f('ix_mail_tokens_user_id'), 'mail_tokens', ['user_id'], unique=False)
    op.create_table('verified_emails',
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_verified_emails_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_verified_emails'))
    )
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_ask_password_reset(p_id text, p_email text, p_expires timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      INSERT INTO public.mail_tokens (id, user_id, purpose, email, expires_at)
      SELECT p_id, u.id, 'PASSWORD_RESET', u.email, p_expires FROM public.users u WHERE u.email = p_email
    $$;
    REVOKE ALL ON FUNCTION app_ask_password_reset(text, text, timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_ask_password_reset(text, text, timestamptz) TO dentalization_app;
    COMMENT ON FUNCTION app_ask_password_reset(text, text, timestamptz) IS 'declared c45a6f3b63b45047';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_open_mail_token(p_digest text) RETURNS TABLE (purpose public.mail_purpose, email text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT t.purpose, t.email FROM public.mail_tokens t JOIN public.users u ON u.id = t.user_id
      WHERE t.digest = p_digest AND t.used_at IS NULL AND t.expires_at > now()
        AND u.email = coalesce(t.replaces, t.email)
    $$;
    REVOKE ALL ON FUNCTION app_open_mail_token(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_open_mail_token(text) TO dentalization_app;
    COMMENT ON FUNCTION app_open_mail_token(text) IS 'declared b09a27456a74315b';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_use_mail_token(p_digest text, p_purposes public.mail_purpose[]) RETURNS public.mail_tokens
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE token public.mail_tokens;
    BEGIN
      PERFORM 1 FROM public.users u
        WHERE u.id = (SELECT t.user_id FROM public.mail_tokens t WHERE t.digest = p_digest) FOR UPDATE;
      UPDATE public.mail_tokens t SET used_at = now() FROM public.users u
        WHERE t.digest = p_digest AND t.purpose = ANY (p_purposes) AND t.used_at IS NULL
          AND t.expires_at > now() AND u.id = t.user_id AND u.email = coalesce(t.replaces, t.email)
        RETURNING t.* INTO token;
      UPDATE public.mail_tokens t SET used_at = now()
        WHERE t.user_id = token.user_id AND t.purpose = ANY (p_purposes) AND t.used_at IS NULL;
      RETURN token;
    END $$;
    REVOKE ALL ON FUNCTION app_use_mail_token(text, mail_purpose[]) FROM PUBLIC;
    COMMENT ON FUNCTION app_use_mail_token(text, mail_purpose[]) IS 'declared a53ed26ebdef75b2';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_reset_password(p_digest text, p_password text) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE token public.mail_tokens := public.app_use_mail_token(
      p_digest, ARRAY['PASSWORD_RESET']::public.mail_purpose[]);
    BEGIN
      UPDATE public.users u SET password = p_password WHERE u.id = token.user_id;
      UPDATE public.mail_tokens t SET used_at = now()
        WHERE t.user_id = token.user_id AND t.purpose = 'EMAIL_CHANGE' AND t.used_at IS NULL;
      DELETE FROM public.sessions s WHERE s.user_id = token.user_id;
      RETURN token.id;
    END $$;
    REVOKE ALL ON FUNCTION app_reset_password(text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_reset_password(text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_reset_password(text, text) IS 'declared 5fb07688ee7b0323';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_confirm_email(p_digest text) RETURNS TABLE (id text, purpose public.mail_purpose, email text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE token public.mail_tokens := public.app_use_mail_token(
      p_digest, ARRAY['EMAIL_VERIFICATION', 'EMAIL_CHANGE']::public.mail_purpose[]);
    BEGIN
      IF token.id IS NULL THEN
        RETURN;
      END IF;
      IF token.purpose = 'EMAIL_CHANGE' THEN
        UPDATE public.users u SET email = token.email WHERE u.id = token.user_id;
      END IF;
      INSERT INTO public.verified_emails AS v (user_id, email) VALUES (token.user_id, token.email)
        ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, verified_at = now();
      RETURN QUERY SELECT token.id, token.purpose, token.email::text;
    END $$;
    REVOKE ALL ON FUNCTION app_confirm_email(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_confirm_email(text) TO dentalization_app;
    COMMENT ON FUNCTION app_confirm_email(text) IS 'declared 149139c0abe8a6ca';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'mail_tokens' LOOP
        EXECUTE format('DROP POLICY %I ON mail_tokens', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON mail_tokens FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE mail_tokens ENABLE ROW LEVEL SECURITY;
    ALTER TABLE mail_tokens FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON mail_tokens TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON mail_tokens TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON mail_tokens FOR SELECT TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON mail_tokens FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND digest IS NULL AND used_at IS NULL);
    CREATE POLICY app_update_3 ON mail_tokens FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND used_at IS NULL) WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND used_at IS NULL);
    CREATE POLICY app_delete_4 ON mail_tokens FOR DELETE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now() - interval '7 days');
    GRANT SELECT, INSERT, UPDATE, DELETE ON mail_tokens TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (digest, expires_at), DELETE ON mail_tokens TO dentalization_app;
    COMMENT ON POLICY owner ON mail_tokens IS 'declared ef3194cb80f81b6e';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'verified_emails' LOOP
        EXECUTE format('DROP POLICY %I ON verified_emails', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON verified_emails FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE verified_emails ENABLE ROW LEVEL SECURITY;
    ALTER TABLE verified_emails FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON verified_emails TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON verified_emails TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON verified_emails FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON verified_emails TO dentalization_service;
    GRANT SELECT ON verified_emails TO dentalization_app;
    COMMENT ON POLICY owner ON verified_emails IS 'declared d71d14126d0a099c';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'users' LOOP
        EXECUTE format('DROP POLICY %I ON users', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON users FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE users ENABLE ROW LEVEL SECURITY;
    ALTER TABLE users FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON users TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON users TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON users FOR SELECT TO dentalization_app USING (id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
    CREATE POLICY app_insert_2 ON users FOR INSERT TO dentalization_app WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')) AND role <> 'ADMIN');
    CREATE POLICY app_update_3 ON users FOR UPDATE TO dentalization_app USING (id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON users TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (password) ON users TO dentalization_app;
    COMMENT ON POLICY owner ON users IS 'declared 2d4cf17dddba58ca';
    """)


def downgrade() -> None:
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'users' LOOP
        EXECUTE format('DROP POLICY %I ON users', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON users FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE users ENABLE ROW LEVEL SECURITY;
    ALTER TABLE users FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON users TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON users TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON users FOR SELECT TO dentalization_app USING (id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
    CREATE POLICY app_insert_2 ON users FOR INSERT TO dentalization_app WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')) AND role <> 'ADMIN');
    CREATE POLICY app_update_3 ON users FOR UPDATE TO dentalization_app USING (id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON users TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (email, password) ON users TO dentalization_app;
    COMMENT ON POLICY owner ON users IS 'declared e012599544b1926b';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'verified_emails' LOOP
        EXECUTE format('DROP POLICY %I ON verified_emails', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON verified_emails FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE verified_emails NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE verified_emails DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'mail_tokens' LOOP
        EXECUTE format('DROP POLICY %I ON mail_tokens', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON mail_tokens FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE mail_tokens NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE mail_tokens DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_confirm_email(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_reset_password(text, text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_use_mail_token(text, mail_purpose[]);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_open_mail_token(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_ask_password_reset(text, text, timestamptz);
    """)
    op.drop_table('verified_emails')
    op.drop_index(op.f('ix_mail_tokens_user_id'), table_name='mail_tokens')
    op.drop_index('ix_mail_tokens_expires_at', table_name='mail_tokens')
    op.drop_index('ix_mail_tokens_digest', table_name='mail_tokens')
    op.drop_table('mail_tokens')
    op.run_sql("DROP TYPE mail_purpose;")
