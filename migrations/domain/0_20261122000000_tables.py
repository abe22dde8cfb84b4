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
    "run_after" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
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
        DROP FUNCTION IF EXISTS candles_added, candles_changed, candles_removed, pair_removed;
        """


MODELS_STATE = (
    "eJztXetz2joW/1c8fEk6k+205NV7Z3dnCHF7uSWkS8j27m06rrAF6GIkast5bDf/+0ryAz"
    "9kgh0gxtWXNpZ0bPE7x0fnJflHwyIzgPDr1hx9hA+NX7UfDQxmkP2R6jnQGmA+X7TzBgqG"
    "thgK5siYwgdXjBq61AEmZe0jYLuQNVnQNR00p4hg1oo92+aNxGQDER4vmjyMvnvQoGQM6Q"
    "Q6rOPLV9aMsAXvoRtezqfGCEHbSkwWWfzZot2gD3PRdn3dOX8vRvLHDQ2T2N4ML0bPH+iE"
    "4Gi45yHrNafhfWOIoQMotGI/g88y+MVhkz9j1kAdD0ZTtRYNFhwBz+ZgNP4+8rDJMdDEk/"
    "g/R/8MphYbdvXdPvev9vfYLAwHYIa4wYfvv9p71SiAp0kw5wXClIP349F/1gIk0drgD23/"
    "1urvH56Iu8+JS8eO6BQQNh4FIaDAJxWMWCBvOpDjZACa5cA566FoBuVcSFKmuGEFpK/DP8"
    "pwJWxYsGUhkiHgIXwJJvTI3f6GoB50LvSrQeviE7/9zHW/2wKp1kDnPU3R+pBq3fc5Q9h7"
    "5b9w0U20z53Bbxq/1P687Olp/kXjBn82+JyAR4mByZ0BrDgaYXPYxIYuGOzNrZIMTlLWis"
    "ENJrvWJbYfgld9dxkezH7Bb/F/htPtCXDkXA7Hp/jL0NqMIpXy0zB6lwPjSh8YxnO4OgP3"
    "hg3xmE7Y5ds3b5aw9d+tvtCabFSKV72gq+n3PSbQnTtwhO6L4LugqB3CzVUAbubj28zAOw"
    "HupAi44fj1QFtaHW0C3JOjFcA9OcoFl3clwXVNwu+Rgff3q8ueHN4FRVr7I5Nq/9Ns5NKt"
    "Av3l62ZWdQ5BQr+HOO5ftP5IQ9zuXp6lFTe/wVkKbxu41PDcUmtvmnYNq2+gJ6oi7bu75G"
    "ZtLAfekmkpPicpFZerxmXusY6mMc+JNwyBOb0DjmVkekiT5I3Nds2as3QLwGAsmMTRFNj5"
    "XnybINyQePei/WCZb2+yEcqxV469cuzroI6UY68c+5dx7CvlG23EtXcfZkNiF0F4QaFc+y"
    "dde26IjKE5JYbMJsgHOU1XCuqKWcVbkOYZcKaQGiaYc0tlmkW8g6kccAllCnP2M3YQ8zGf"
    "xN+ab49Oj94dnhy9Y0PEPKOW0yVc6PQGKYDRjJnqhucU0hgJovpJ8vFKkny8RJKPfUku4H"
    "bFYrMAOZLw1llA9v5jH9pA/ECJ1eP7U5/YLXZwdXwM5SxsDe2HTfqk+r05AVi8VRm/NOo7"
    "WOabwmCU8k+Vf6r80yegrri7ovzT1dZL5Z/WPvF8vJoRtMQGShvzwAJzCp0i6MZIahgAWD"
    "/EyDWY8YFuJSJ8RogNAc4xCeJ0KaSHxI8ObAvqSOTXvfacXV52E1rorDNIQXt9caYzJ1Ug"
    "zgYh6juZGbeJ42DYaIYkq0KuS5okKuWNVk6e1+yO8pWQeEVAjVEoRGUOPmb685b9giym+R"
    "UTCSJVNFG8aMKPPrmGA0ds1KSU/Zh3D5Ver475WDi9nhGR50V6LsRNdlDN5cZ6EmWKKhS2"
    "zVBYIEySQNhCzPLDYDF5Xm8Q7EsUYRNWmZ+t+qpCYyo0toORk11f6lRo7OcNjb18acFL+2"
    "bJ0vZVojcn+dGbk0z0ZgjcQrHHcHwNwT1cBdzDfHAPM+B+9wgthG5EoOBdAV4VedxO5DG0"
    "haX1R/mGbYpsnRZuNVylEsZrxm3PopyF+D1xIBrjj/BBAN1hcwHYlEmvpIhgN6HNeKEHPJ"
    "Z9FzlbaeFiGFjQhr4Et1tX7da53nh8mS0Hwv+XeLRhXGD5lgOjWG1Ho6Vxqj1X8w0fjbl0"
    "AGvhTTRANaBxi3bksNkcaHeITjTm5mo2tMbQ0chIu5uwQcjVpswGY8RD4rFL6momc/Zs6L"
    "5upBi3pUeu6pYf+AF58bCMj/6jsWAaW0UB9dwGHwLv5+zFdBmGET8DbgViGb5RDTGY8YBf"
    "aJ9/0/u6Fq0f2j+EbDaEtow9yGLzZn7GBh6kYg4q5rALLunuuqAq5rCaba9iDirmUDLmoN"
    "xi5RbXwC0OzMkMyB1MdezNMr5aUmVExC9bQvIm61F80nvnnd4H1neDr/7Ta4u/3/p/6+e/"
    "ak3256DV1Zns3uD3rU6XNx6lvYSlpSaHzdOTqMqEXywrMLm6aHW7Evihg2SHclyJ9hxFHd"
    "GsB/WStZMxE/emgZnVfwvs/T1/cnuvbhrPWpjXXMxjklvoQIl3ccGmjxzujOVtP4sIU2CT"
    "4V/Q3G4FQQLxvR+Pe88DeQmC1KX/nUXQpMEU/i0DycMSY/IMjXNrztKUVdMaReXzl2bz8P"
    "C0+ebw5N3x0enp8bs3kaBmu5ZJ7FnnAxfahArPSjETRTco2lgd8xiRgrsQ3LxSr9zpPXFC"
    "VXVWHS8p6xYHQa6CDF5QKe5WmbsiFF0sqBgjUbkelULbBqxR4L8grmk6Bezy3KQZnJb1zL"
    "xkeOjWbkL6ZE4ypgDl+UiZRlDp3rWle6WaYQ34DuL3qinAaY1YNKEeD59j0/iLDJ9ZRX/F"
    "bvM7GdYI8o0W0odwSeoOYkjmlx4kuPZ01cHnicjy890Se67GFlYb+qldF1KNZ/Mp0SyiAW"
    "xpE3LH7uJoiGoTwMcyGz8dLHzu/W7wDf7mQga55RpzG2AMrW9idNRqEQy/aTMIXM+BohyB"
    "i7wmojQuv72IVx1omFDRe0ecKZuK5TlCUPNKEpbVGyTzu+y9Kl8QkCkx4EgFr2rsMc95gC"
    "oteCFzVpUW/LRetiot+LlKC6YMzJIJw5C0yjvOG51eZ9BpdUXq8P1l/3Orfy5Sh2et9kf/"
    "onmD+/qnVqcvsof9Vu+D/iLJw5rmbv91rV/zdCzDv3/d60Wp2+t2W9fPg+xtmLNlDGi3em"
    "29+0IZXGF7GSOHzIpqvySliiRXR+Vl1zifV5SU47FPpzhcZQ4j1xgRx5QVCTxVcLSge+GC"
    "I7mfW7GKIwaYa06g5dllsE6QKrhXgNuCszmhEJsP/CuPWcSXHFebJV3LobUVOqyteXy8Qu"
    "UiG5V/1DXvS5kEkP1OUQIwLIR3mq5+JwRv5uT2ZMhMolOWlMdIiGt03PWWK2biYcpybAgp"
    "q+aTVBz4YMuZcecgyvR1MewlxAr+UvA78Ba5RTWQhFjBXwj+ORgz/EaQcttQGg6RI5+h23"
    "Xc11Yv7UAqr0vPP6NzQaFQDFC8A4gbc8HaJsnh2wTkwJklTaE64rQ7gusS0M4vr8+6uvap"
    "r7c7V53gQMkoLiA6kw5OX291M8IKzHInRSYpVXymyvEZ6DjEYbyzCm26S1LVz6Fa/0nYPm"
    "Iz6LpAVtc1gPc5KitDWAe0l71B+h+DxMuTOf82eoG6l70P4fD0obgy9JFrsDlgF0HpDptl"
    "ITL5DcoFynaHF2uMl40Asj2mtwyEDYfpotVNIAmlMoXCNdrDBhhJP2LwxBIdJ6xVhUCdFu"
    "e5V/Ks7gShMsCqzGO25rg8lTmVxZdylWKKSinEOJqW4WGKJKd0PLG/MEWr3psqvzcuBU65"
    "8rgkpeJylbk8QhiVXANTpIrPVeZzrGR91WLyGInaord8i948OF3ymXudavbxioPUNqeYQF"
    "XpyNDFDjPJ/p3E9rP8HTzRDi71UVi1VURtFanb6qm2ivxcW0XC7+EVSdnEaWr3cdi3q9W/"
    "LSl/S+drZgh7tFCqPkZR5X04Ww3NZGzSVTaJq8+sbXV3eAs6yJzIjMugZ6llCRZjKmNV5r"
    "6iUqNS8nYGiqy6ym8tUdN8gzH3RLz85SX/PLw6HMS7kXp2/lIVQDgYXkN0N1K+zp5IpXn+"
    "/M8Mx0gq8pHhjceU1va14QIr/foXs8f/A2se+Pk="
)
