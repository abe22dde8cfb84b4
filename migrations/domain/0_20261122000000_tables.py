from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE SEQUENCE IF NOT EXISTS "series" AS integer;
        CREATE TABLE IF NOT EXISTS "api_keys" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "name" VARCHAR(100) NOT NULL UNIQUE,
    "prefix" VARCHAR(20) NOT NULL UNIQUE,
    "hash" VARCHAR(64) NOT NULL,
    "scopes" JSONB NOT NULL DEFAULT '[]',
    "last_used_at" TIMESTAMPTZ,
    "revoked_at" TIMESTAMPTZ
);
CREATE TABLE IF NOT EXISTS "coins" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "name" VARCHAR(100) NOT NULL,
    "symbol" VARCHAR(20) NOT NULL UNIQUE,
    "coingecko_id" VARCHAR(100),
    "market_cap_rank" INT,
    "image_url" VARCHAR(500)
);
CREATE TABLE IF NOT EXISTS "exchanges" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "name" VARCHAR(50) NOT NULL UNIQUE,
    "adapter" VARCHAR(50) NOT NULL,
    "is_active" BOOL NOT NULL DEFAULT True,
    "rate_limit" INT NOT NULL,
    "timeout" INT NOT NULL,
    "intervals" JSONB NOT NULL DEFAULT '[]',
    "markets_refreshed_at" TIMESTAMPTZ
);
CREATE TABLE IF NOT EXISTS "markets" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "symbol" VARCHAR(60) NOT NULL,
    "base" VARCHAR(30) NOT NULL,
    "quote" VARCHAR(30) NOT NULL,
    "is_active" BOOL NOT NULL DEFAULT True,
    "exchange_id" UUID NOT NULL REFERENCES "exchanges" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_markets_exchang_404866" UNIQUE ("exchange_id", "symbol")
);
CREATE TABLE IF NOT EXISTS "timeframes" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "interval" VARCHAR(10) NOT NULL UNIQUE,
    "minutes" INT NOT NULL
);
CREATE TABLE IF NOT EXISTS "coin_exchanges" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "symbol" VARCHAR(60) NOT NULL,
    "quote" VARCHAR(30) NOT NULL,
    "is_active" BOOL NOT NULL DEFAULT True,
    "status" SMALLINT NOT NULL DEFAULT 0,
    "series" INT NOT NULL UNIQUE DEFAULT nextval('series'),
    "covered" tstzmultirange NOT NULL DEFAULT '{}',
    "candle_count" BIGINT NOT NULL DEFAULT 0,
    "version" BIGINT NOT NULL DEFAULT 0,
    "listed_at" TIMESTAMPTZ,
    "due_at" TIMESTAMPTZ,
    "coin_id" UUID NOT NULL REFERENCES "coins" ("id") ON DELETE CASCADE,
    "exchange_id" UUID NOT NULL REFERENCES "exchanges" ("id") ON DELETE CASCADE,
    "timeframe_id" UUID NOT NULL REFERENCES "timeframes" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_coin_exchan_exchang_008f1b" UNIQUE ("exchange_id", "symbol", "timeframe_id")
);
CREATE INDEX IF NOT EXISTS "idx_coin_exchan_status_913bd7" ON "coin_exchanges" ("status") WHERE is_active = true;
CREATE INDEX IF NOT EXISTS "idx_coin_exchan_due_at_2172f0" ON "coin_exchanges" ("due_at") WHERE is_active = true;
COMMENT ON COLUMN "coin_exchanges"."status" IS 'PENDING: 0\nSYNCING: 1\nSYNCED: 2\nSTALE: 3\nFAILED: 4';
COMMENT ON TABLE "coin_exchanges" IS 'A coin''s symbol on an exchange at a timeframe, with the ledger of what is known about its candles.';
CREATE TABLE IF NOT EXISTS "sync_jobs" (
    "id" UUID NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" SMALLINT NOT NULL,
    "status" SMALLINT NOT NULL DEFAULT 0,
    "range_from" TIMESTAMPTZ,
    "range_to" TIMESTAMPTZ,
    "is_forced" BOOL NOT NULL DEFAULT False,
    "is_scheduled" BOOL NOT NULL DEFAULT False,
    "idempotency_key" VARCHAR(255) UNIQUE,
    "requested_by" VARCHAR(100),
    "seconds_planned" BIGINT,
    "seconds_done" BIGINT NOT NULL DEFAULT 0,
    "candles_written" BIGINT NOT NULL DEFAULT 0,
    "candles_revised" BIGINT NOT NULL DEFAULT 0,
    "pages_fetched" INT NOT NULL DEFAULT 0,
    "retries" INT NOT NULL DEFAULT 0,
    "waited_seconds" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "reached_at" TIMESTAMPTZ,
    "error_code" VARCHAR(50),
    "error_message" TEXT,
    "error_is_transient" BOOL,
    "failures_in_row" INT NOT NULL DEFAULT 0,
    "run_after" TIMESTAMPTZ,
    "pushed_at" TIMESTAMPTZ,
    "lease_token" INT NOT NULL DEFAULT 0,
    "leased_until" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ,
    "finished_at" TIMESTAMPTZ,
    "pair_id" UUID NOT NULL REFERENCES "coin_exchanges" ("id") ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS "idx_sync_jobs_created_9ac339" ON "sync_jobs" ("created_at", "id");
CREATE INDEX IF NOT EXISTS "idx_sync_jobs_pair_id_3e069d" ON "sync_jobs" ("pair_id", "created_at");
COMMENT ON COLUMN "sync_jobs"."kind" IS 'INITIAL: 0\nFORWARD: 1\nBACKWARD: 2\nREPAIR: 3\nRANGE: 4';
COMMENT ON COLUMN "sync_jobs"."status" IS 'QUEUED: 0\nRUNNING: 1\nSUCCEEDED: 2\nFAILED: 3\nCANCELLED: 4';
COMMENT ON TABLE "sync_jobs" IS 'What a pair''s collection set out to do and how far it has come.';
CREATE TABLE IF NOT EXISTS "aerich" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "version" VARCHAR(255) NOT NULL,
    "app" VARCHAR(100) NOT NULL,
    "content" JSONB NOT NULL
);

ALTER SEQUENCE "series" OWNED BY "coin_exchanges"."series";

CREATE UNIQUE INDEX "uid_sync_jobs_open" ON "sync_jobs" ("pair_id") WHERE status IN (0, 1);
CREATE INDEX "idx_sync_jobs_due" ON "sync_jobs" ("run_after") WHERE status IN (0, 1);

CREATE TABLE "candles" (
    "series" INT NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    "open" NUMERIC NOT NULL,
    "high" NUMERIC NOT NULL,
    "low" NUMERIC NOT NULL,
    "close" NUMERIC NOT NULL,
    "volume" NUMERIC NOT NULL,
    PRIMARY KEY ("series", "timestamp"),
    CONSTRAINT "candles_prices" CHECK (
        low > '-Infinity' AND low <= open AND low <= close AND open <= high AND close <= high AND high < 'Infinity'
    ),
    CONSTRAINT "candles_volume" CHECK (volume >= 0 AND volume < 'Infinity')
);

CREATE FUNCTION candles_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coin_exchanges AS p SET candle_count = p.candle_count + c.added, version = p.version + 1
    FROM (SELECT series, count(*) AS added FROM added_candles GROUP BY series) AS c
    WHERE p.series = c.series;
    RETURN NULL;
END $$;
CREATE TRIGGER candles_added AFTER INSERT ON "candles"
    REFERENCING NEW TABLE AS added_candles FOR EACH STATEMENT EXECUTE FUNCTION candles_added();

CREATE FUNCTION candles_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coin_exchanges AS p SET version = p.version + 1
    FROM (SELECT DISTINCT series FROM changed_candles) AS c
    WHERE p.series = c.series;
    RETURN NULL;
END $$;
CREATE TRIGGER candles_changed AFTER UPDATE ON "candles"
    REFERENCING NEW TABLE AS changed_candles FOR EACH STATEMENT EXECUTE FUNCTION candles_changed();

CREATE FUNCTION candles_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coin_exchanges AS p SET candle_count = p.candle_count - c.removed, version = p.version + 1
    FROM (SELECT series, count(*) AS removed FROM removed_candles GROUP BY series) AS c
    WHERE p.series = c.series;
    RETURN NULL;
END $$;
CREATE TRIGGER candles_removed AFTER DELETE ON "candles"
    REFERENCING OLD TABLE AS removed_candles FOR EACH STATEMENT EXECUTE FUNCTION candles_removed();

CREATE FUNCTION coverage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER coverage_changed BEFORE UPDATE OF covered ON "coin_exchanges"
    FOR EACH ROW WHEN (OLD.covered IS DISTINCT FROM NEW.covered) EXECUTE FUNCTION coverage_changed();

CREATE FUNCTION pair_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM candles WHERE series = OLD.series;
    RETURN NULL;
END $$;
CREATE TRIGGER pair_removed AFTER DELETE ON "coin_exchanges" FOR EACH ROW EXECUTE FUNCTION pair_removed();"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TABLE IF EXISTS
            "candles", "sync_jobs", "coin_exchanges", "markets", "timeframes", "exchanges", "coins", "api_keys";
        DROP FUNCTION IF EXISTS candles_added, candles_changed, candles_removed, coverage_changed, pair_removed;
        """


MODELS_STATE = (
    "eJztXetz2joW/1c8/pJ0JttJyat7Z3dngLgtt4RkCdnevU3HFbYALUamtpzHdvO/ryQ/8E"
    "N2sAPEUH1pY0lHFr8jHZ2X5J+qac8Awm+bc/QZPqq/KT9VDGaQ/pGqOVBUMJ8vylkBAUOL"
    "NwVzpE/ho8tbDV3iAIPQ8hGwXEiLTOgaDpoTZGNaij3LYoW2QRsiPF4UeRj98KBO7DEkE+"
    "jQiq/faDHCJnyAbvg4n+ojBC0zMVhksnfzcp08znnZzU3n/ANvyV431A3b8mZ40Xr+SCY2"
    "jpp7HjLfMhpWN4YYOoBAM/Yz2CiDXxwW+SOmBcTxYDRUc1FgwhHwLAaG+reRhw2GgcLfxP"
    "45/kcwtFiz6x/Wuf+0v0dHoTsAU8R11nz/zd4btQSeho0ZLxAmDLyfT/67FiDxUpW9tP2p"
    "2d8/OuW9z22XjB1eySFUnzghIMAn5YxYIG84kOGkA5LlwDmtIWgGxVxIUqa4YQakb8M/qn"
    "AlLFiwZTElQ8BD+BJM6Nn3+2uCetC50K4HzYsr1v3MdX9YHKnmQGM1DV76mCrd9zlj03Xl"
    "L7ioE+VLZ/BJYY/Kn5c9Lc2/qN3gT5WNCXjE1rF9rwMzjkZYHBbRpgsGe3OzIoOTlDvFYJ"
    "XOXfMSW4/BUt9ehgejX/Cb/5/hdHsCHDGXw/Yp/lK01iNIhfzU9d7lQL/WBrr+Eq7OwINu"
    "QTwmE/r47vCwgK3/ava51KStUrzqBVUNv+4pge7cgSP0UAbfBcXOIdxYBuBGPr6NDLwT4E"
    "7KgBu2Xw20lcXROsA9PV4C3NPjXHBZVRJc17BZHxl4f7++7InhXVCkpT8yiPI/xUIu2SjQ"
    "X7+tZ1dnECTke4jj/kXzjzTE7e5lKy24WQetFN4WcInuuZX23jTtCnbfQE7UZbZv75ab1b"
    "EceGdPK/E5SSm5XDcuM4t1NI1ZTqxgCIzpPXBMPVNjN+y8ttmqWWOWLgEYjDmTGJocO9+K"
    "b9sIqwLrnpcfFNn2Bm0hDXtp2EvDfhfEkTTspWH/OoZ9rWyjtZj27uNsaFtlEF5QSNP+Wd"
    "OeKSJjaExtXaQT5IOcpqsEdc204g3M5hlwppDoBpgzTWWaRbyDiRhwAWUKc/ozthDzMRvE"
    "Xxrvjs+O3x+dHr+nTfg4o5KzAi50eoMUwGhGVXXdc0pJjATR7s3kk6Vm8knBTD7xZ3IJsy"
    "vmmwXIEbi3WgHZh899aAH+AwVaj29PXdEutnB3fArnWVga6g/rtEm1B2MCMF9VGbs0qjso"
    "sk1h0Erap9I+lfbpM1DX3FyR9uly+6W0T3c+8HyynBJUoAOllXlggjmBThl0YyQ76ABYPc"
    "TI1anyge4EU7hl2xYEOEcliNOlkB7avndgU1BHU37Ve0/r8rKbkEKtziAF7c1FS6NGKkec"
    "NkLENzIzZhPDQbfQDAl2hVyTNElUyRqt3XxesTnKdkLbKwNqjEIiKjLwMZWfd/QXZDHNz5"
    "hIEMmkifJJE773ydUdOKKtJpX0x7w+ZHi9Pupj6fB6Zoq8zNNzwTvZQjGX6+tJpClKV9gm"
    "XWHBZBI4whbTLN8NFpvPq3WCfY08bFwr86NV36RrTLrGttBzsu1bnXSN/bqusddPLXht2y"
    "yZ2r6M9+Y033tzmvHeDIFbyvcYtt9BcI+WAfcoH9yjDLg/PJuUQjcikPAuAa/0PG7G8xjq"
    "wsL8o3zFNkW2Sg23HqZSBeU1Y7ZnUc5C/MF2IBrjz/CRA92hYwHYEM1eQRLBdkKbsUIPmC"
    "/7PjK20pOLYmBCC/ozuN28bjfPNfXpdY4ccPtfYNGGfoHiIwd6udwOtakwqj1X8RUfhZp0"
    "ACthJwogClCYRjty6GgOlHtEJgo1cxULmmPoKPZIuZ/QRshVplQHo8RD26OPxFUMauxZ0H"
    "2rphi3oVcua5Yf+A55/rKMjf5TXTCN7qKAeK7KmsCHOV2YLsUw4mfArWBahitK5Y0pD9iD"
    "8uWT1teUaP9Q/s7npsqlZexFJh03tTPW8CLpc5A+h20wSbfXBJU+h+V0e+lzkD6Hij4HaR"
    "ZLs3gHzOJAncyA3MFEw94sY6slRUZE/LopJIdZi+JK6513eh9p3S2+/nevzf9+5/+tnf+m"
    "NOifg2ZXo3P3Fn9odrqs8DhtJRSmmhw1zk6jLBP2UJRgcn3R7HYF8EMHiS7luOblOYI6ol"
    "kN6hVzJ2Mq7q2KqdZ/B6z9PX9we29u1RdtzCtO5jHsO+hAgXVxQYePHGaM5R0/iwhTYG88"
    "jyeB997Pp72XQVyAH3HJf2cRMGkouXVLIfKwQJVsoXFuxlmasm4yo+zs/GujcXR01jg8On"
    "1/cnx2dvL+MJqm2aqi+drqfGRTNiHAs3OYTkQ3SNlYHvMYkYS7FNxsfVe7uydOKHPO6mMj"
    "ZY3iwMVVksELKsndOnOXO6LLuRRjJDLSIwNom4A1cvuXxDVNJ4EtjkwawV1ZL4xKhldubS"
    "ekz0YkYwJQHI0USQQZ7F1ZsFcoGVaA7yDe144CnJaIZcPpcec5NvT/2MMX5tBf025+t4c7"
    "BPla0+hDuARZBzEk8xMPElx7Pufgy4TH+NlZiT1XoRurBf3ArguJwmL5xFZMWwHYVCb2Pe"
    "3FURBRJoC1pTp+2lX40v5u8S3+7kIKuenqcwtgDM3vvHVUatoYfldmELieA3kyApvyCvfS"
    "uKx77q06ULBNeO297UzpUEzP4RM1LyGhKNsgGd2l66p6OkAmwYAhFSzV2Gte8gKZWPBK6q"
    "xMLPhlrWyZWPBrJRZMKZgVw4UhaZ3Pm6udXmfQaXZ54PDDZf9Ls3/OA4etZvuz/9C4xX3t"
    "qtnp89hhv9n7qL1K6HBHI7f/vNFuWDCW4t+/6fWiwO1Nu61p50HsNozYUga0m7221n2l+C"
    "3XvfSRY8/KSr8kpfQk10fkZfc4n1fErsZjn05yuM4cRq4+sh1DlCLwXLrRgu6V043Edm7N"
    "8o0oYK4xgaZnVcE6QSrhXgJuE87mNoHYeGTfeMwiXnBZbZZ0JVfW1uiqtsbJyRJ5i7RV/k"
    "XXrC6lEkD6O3kKwLAU3mm63bsfeD33tiddZgKZUpAeIyDeocuuN5wxE3dTVmNDSFk3m6Tm"
    "wAcHzvR7BxEqr8thLyCW8FeC34F3yC0rgQTEEv5S8M/BmOI3goTphkJ3iBj5DN22476ybG"
    "kHEnFWev4NnQsKiWKA4j1ATJkL9jZBDN+yQQ6cWdIUqiNGuyW4FoB2fnnT6mrKVV9rd647"
    "wXWSkV+AVyYNnL7W7GYmKzCq3ROZpJT+mTr7Z6Dj2A7lnVnqyF2SavcMqtXfg+0jNoOuC0"
    "R5XQP4kCOyMoS7gHbRCtL+GCQWT+b222gBdS97H8Pm6StxRegjV6djwC6CwhM2RS4ycQfV"
    "HGXbw4sV+stGAFkelVs6wrpDZdHyKpCAUqpC4R7tYR2MhJ8weGaLjhPKHbrOO/Tcq3hdd4"
    "JQ8rjOPKYbj8vimVORkylXMqaopFSMo2nqHiZIcFHHM4cMU7Ry3dR53bgEONVy5JKUkst1"
    "5vIIYVRxD0yRSj7Xmc+xvPVlM8pjJPKcXvE5vXlwweQLDzzt2PcrDlJnnWITqk63hi6OmQ"
    "kO8STOoOUf44mOccnvwsrzIvK8yK7tnvK8yK91XiT8JF6ZuE2cZue+D/tuuSS4ghy4dNBm"
    "hrBHSsXrYxR1PoyzUddMRidd5qS4/NLaRo+IN6GDjIlIuQxqCjVLsGhTG60yd4kKlUrB6g"
    "wEWX2F30q8pvkKY+61ePnbS/6leLtwF+9aktrZoiqBcNB8B9FdSw47fSMRBvvzvzQcI6nJ"
    "d4bX7lNa2QeHS+z0q9/Mnv4PzAH6Jg=="
)
