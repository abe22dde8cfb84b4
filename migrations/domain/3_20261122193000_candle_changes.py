from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    """What each write did to a series, under the version that it made, for whoever follows the series."""
    return """
        CREATE TABLE "candle_changes" (
    "series" INT NOT NULL,
    "version" BIGINT NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "covered" tstzmultirange NOT NULL DEFAULT '{}',
    "revised" TIMESTAMPTZ[] NOT NULL DEFAULT '{}',
    PRIMARY KEY ("series", "version")
);
COMMENT ON COLUMN "candle_changes"."covered" IS 'What the ledger did not cover before.';
COMMENT ON COLUMN "candle_changes"."revised" IS 'Open times of candles that were altered or added in covered slots.';
CREATE INDEX "idx_candle_changes_changed_at" ON "candle_changes" ("changed_at");

CREATE OR REPLACE FUNCTION candles_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH grown AS (
        UPDATE coin_exchanges AS p SET candle_count = p.candle_count + c.added, version = p.version + 1
        FROM (
            SELECT series, count(*) AS added, tstzrange(min(timestamp), max(timestamp), '[]') AS span
            FROM added_candles GROUP BY series
        ) AS c
        WHERE p.series = c.series
        RETURNING p.series, p.version, p.covered, p.covered && c.span AS may_be_known
    )
    INSERT INTO candle_changes (series, version, revised)
    SELECT g.series, g.version, array_agg(c.timestamp)
    FROM grown AS g JOIN added_candles AS c ON c.series = g.series AND g.covered @> c.timestamp
    WHERE g.may_be_known
    GROUP BY g.series, g.version;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION candles_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH altered AS (
        UPDATE coin_exchanges AS p SET version = p.version + 1
        FROM (SELECT DISTINCT series FROM changed_candles) AS c
        WHERE p.series = c.series
        RETURNING p.series, p.version, p.covered
    )
    INSERT INTO candle_changes (series, version, revised)
    SELECT a.series, a.version, array_agg(c.timestamp)
    FROM altered AS a JOIN changed_candles AS c ON c.series = a.series AND a.covered @> c.timestamp
    GROUP BY a.series, a.version;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION coverage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    IF NOT NEW.covered <@ OLD.covered THEN
        INSERT INTO candle_changes (series, version, covered)
        VALUES (NEW.series, NEW.version, NEW.covered - OLD.covered);
    END IF;
    RETURN NEW;
END $$;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE OR REPLACE FUNCTION candles_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coin_exchanges AS p SET candle_count = p.candle_count + c.added, version = p.version + 1
    FROM (SELECT series, count(*) AS added FROM added_candles GROUP BY series) AS c
    WHERE p.series = c.series;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION candles_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coin_exchanges AS p SET version = p.version + 1
    FROM (SELECT DISTINCT series FROM changed_candles) AS c
    WHERE p.series = c.series;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION coverage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    RETURN NEW;
END $$;

DROP TABLE "candle_changes";"""


MODELS_STATE = (
    "eJztXW1T2zoW/iuefIHOsB0aCHSZ3Z1JgtubFkIXwvbuLR1X2EqiG0dOLZnA9vLfV5Lt+E"
    "0OcUiCY/SlJdI5fnmOXs5zdCT/qlnOGCD8tjlBn+FD7UT7VcNgDNkfqZo9rQYmk6icF1Bw"
    "awtRMEHGCD4QIXVLqAtMysr7wCaQFVmQmC6aUORgVoo92+aFjskEER5ERR5GPz1oUGcA6R"
    "C6rOLbd1aMsAXvIQl/TkZGH0HbSjwssvi9RblBHyai7Pq6c/pBSPLb3RqmY3tjHElPHujQ"
    "wTNxz0PWW67D6wYQQxdQaMVegz9l8MZhkf/ErIC6Hpw9qhUVWLAPPJuDUftH38Mmx0ATd+"
    "L/HP4reLSY2NVP+9T/tbvDnsJwAWaIG1x8983Om1oBPE0Hc1sgTDl4vx79e0UgidIav2n7"
    "t+bl7sGRuPrEIXTgikoBYe1RKAIKfFVhiAh504UcJwPQrAVOWQ1FYyi3QlIzZQ0rUH0b/r"
    "GMVcKCyCxRkwwBD+FLGKHrTHfXBHWvc65f9ZrnX/jlx4T8tAVSzZ7Oa+qi9CFVuutbxmH9"
    "yu9ws4toXzu93zT+U/vjoqun7TeT6/1R488EPOoY2JkawIqjERaHRUw0MrA3sZY0cFKzUg"
    "ausbZrXWD7Iejq22vw4Okje4v/M5ZuD4Ert3Ion7IvQ2s9A6nUnobRvegZV3rPMJ5j1TG4"
    "N2yIB3TIfr7b359j1v80L8WoyaRStuoGVXW/7jGB7sSFfXRfBN9Io3II1xcBuJ6Pbz0D7x"
    "CQYRFwQ/nVQLv0cLQOcI8OFwD36DAXXF6VBJeYDr9GBt5PVxddObyRRnr0RybV/tJsROhG"
    "gf72fT2zOocgMb6HOO6eN39PQ9w+u2ilB25+gVYKbxsQanhkqbk3rbuC2TcYJ8rS2rd3ys"
    "36WC68c0ZL2TmpqaxcNitzxtofxZgTL7gF5mgKXMvI1Dh1J082WzWuj9MlAIOBMBJHU2Dn"
    "s/i2g3BNwu5F+d48bm8yCUXsFbFXxL4Kw5Ei9orYvwyxLxU3Wgu1Jw/jW8cugnCkoaj9k9"
    "SeOyIDaI4cQ+YT5IOc1lsK6pJ5xRtozWPgjiA1TDDhnsooi3gHUzngEs0U5uw1thDzAX+I"
    "v9XfHR4fvj84OnzPRMRzzkqO51ih0+2lAEZj5qobnltoxEgoVa8lNxZqyY05Lbnht+QCtC"
    "sWmwXIlYS3WoHah8+X0AbiBSVej8+nvrBLbOHs+Bi2s7A09B/WyUn1e3MIsOhVGV46q9ub"
    "x01hIKX4qeKnip8+AXXJ6Yrip4vNl4qfVn7hubGYEzTHB0o788ACEwrdIujGVCoYAFg9xI"
    "gYzPlAd5Im3HIcGwKc4xLE9VJI3zp+dGBTUM+a/KrnntbFxVliFGp1eilor89bOiOpAnEm"
    "hKhPMjO0ieNg2GiMJLNCLiVNKi3FRkvXnldMR/lM6HhFQI1pKERlBB+z8fOOvUEW0/yMiY"
    "SSSpoonjThR5+I4cI+kxou5T/mXUMtr5fHfSy8vJ5pIs+L9JyLi2zhMJcb60mkKapQ2CZD"
    "YR0LjicOhdh8yNmGkZLYmxcWQ5Hs4tsyal+HgGpTQDRARtDS+o6recwErgY0dpE9DWBLo0"
    "Oo/encsv+ZLKGO48shesKkeMUYPDBBMmVqBN4xu9tcmbytpbBf/91UTE/F9KoR8tn2OVrF"
    "9F5vTG/kz1WLBp0C8cpF9OqNxiLpEI1Gfj4Er0synRF7Myld17E3Fvh22CMBbMIszoFqmX"
    "k7Y9SdXqd5dqLt3+APF5dfm5enJ9q7G9xqtj/7P+o3+FL/0uxcnmgH7M9m96N+oh2mfY25"
    "bP+gfnw0I/r8xzyOf3XePDuThaTwABp91xkXHdSSmopelmckk+ToC1tRZzkb+3rKwmW2MC"
    "IG4xcmlIyqT4XwI70XDuGv36wrjOUzDidN5ssnW5HGKglXecF+kkslQzYF0YypKDhlWWNJ"
    "dLPQfnBciAb4M3zI+FuvIii2x6e36SyEEm9Q7N0taEO/67ebV+3mqV5L9/4VIHr1gM1P/p"
    "UqCmo05skxfZkdZUH8WxKqjCLj+SHKWAh+tXl732ZJgWLy8RPsv6vIn4r8bWFgqErOtYr8"
    "va7I38vvhnrpdJLkaRyLJJwd5SecHWUSzm4BKZQuGcpXENyDRcA9yAf3IAPuT8+hhdCdKS"
    "h4F4BXJUtuJsAS+sIF4wIpNRUbmB8biDOOZ7LZ+L6n7YT2STqbalxl4rQiOiNhtGHUZv4p"
    "KUax7Wi1psa1dojmOz4ao3QAa+FFNEA1oHGPtu+yp9nTpogORUqMDa0BdDWnr015Ygwi2o"
    "j5YEz51vHYT0o0k5E9G0qybjZzy0Vp+Z6fQyxuluHov2qR0dgsCqhHalwE3k9YxyQMw5k9"
    "A2sFzTLsUTUhzGzAf2hff9MvdW02f2j/FG3TD0jFbmSx52Y8Yw03UjEHFXPYBkq6vRRUxR"
    "wW8+1VzEHFHJaMOSharGhxBWhx4E5mQF4ody5Sftnsuf0so/iid0873Y8iY+7qv922+Pud"
    "/7fu58uxEfZMF+lyH5qdM164+Xw5Al0kO0f4SpTnDNQzndWgvmRyaMzFvalh5vXfAXt3x3"
    "+4nTc3tWdNzCvef2g6d9CVJTOds8dHIi0tx7uNFFNgb3zrYQLvnV+PO8+DeA5+lND/jWfA"
    "pKEU7JZB5GGJK9lCg9xNsmnNso0ZRVvn3+v1g4Pj+v7B0fvG4fFx4/3+rJlmq+a111bnI2"
    "+yiQE824ZZQyTBLrPFMY8pKbgLwc3793LHjccVVZZreThSlhQHIa6CBo60lHXLbF0RiC4W"
    "UoypqJUetYC2CVhnYf+CuKb1FLDzVybN4Hj/Z65Khl8J2E5In1yRjA2AT2ctq8XeItAutN"
    "grHRlWgG8vfq2KApweEYsup8fXIbOnRqQ4V4HTP7LnVVTEAKkFB2wafzq3zwSrensY1npa"
    "SgiXJFMjhmR+skbCagsejAI0vrdlh2jMGbGhvxhOINV4/gN1NMsRJ5YMnSm7Cj+iRBsCLs"
    "t4UTq8+tzr3eAb/INABrlFjIkNMIbWDyE9K7UcDH9oYwiI50KRwMGHCU1Etgi/vIjw7WnY"
    "oaJ26rgj9iiW54qGuuD5KYnEieSKOBuLlk+hyCRlxHYVxW7znBuoZIwXogAqGePVRiZUMs"
    "brSsZQx5OU5HiSqq52//tav+YL2Az/y+tud7bYfd1u6/ppsN4drnIzA7Sb3bZ+9kJr3uqM"
    "mNcwx6kzYqpu4SqcESPnuSXL0WKAEXMILc9eBuuEqoJ7gWP1IXtJsYZ/W+jEvrRe9b5Jtp"
    "5vRSbjN5IGPie/RaJcoQ/sbTjlJR4zW84MoWbZHOSSAx/sGDOmLqIUFkzxkigr+JeC34V3"
    "iBQdgSTKCv5C8E/AgOHXh5Q7KlJuLkc+o7ftuK8s3dmFVJ5Wnv9VoEhDoRigOAWIO3PB3C"
    "ZZhLcdkANnVjWFap/rbgmuc0A7vbhunenal0u93bnqBJ+wmZFUUZn0ti/15lmmsQJzuW/T"
    "JDVVsKDMwQLouo7LbGcV2jOX1KoeoVr9t/d8xMaQECBLzOrB+5whK6NYBbTn9SD9916i82"
    "S+uDXrQGcX3Y+hePozXDL0ETHYM2CCoHSLzLx4jfwCy0VttscWKwze9AGyPTZuGQgbLhuL"
    "FneBJJrKFQrnaA8boC/9bOoTU3RcUc3QZZ6hJ96SnwhMKCobl9nGbOIhfHFtJAsy5Y6MKS"
    "01KsbRtAwPUyQ5aeOJXYIpXdVvytxvCAXucglbSU1l5TJbuY8wWnIOTKkqO5fZzurzIOrz"
    "IC+9WenJz4OofUrbsQOnh8xRTbL9RpTvzdt7Q5nEgvtuevzgUUCov3mFf/l3OkTmUGydcS"
    "k/jJTvXQkzffjuluxemyWvoT4efKJ2kFRig0GVXBi1g+R17SDB0m3g+QtnoXzlPh+8+hWz"
    "4l2ohF1HkTw+QmZYSb4TvV6XMDxsQeoXxk5imOccBmJr+DCc8t+U/7aF0/u2j07Kf3u9/h"
    "t7RejegUIHssd1KufHvVtsJ8mcjSRpP26MsEcLJb3GNMq8vXqj65sFXKhkyPeZwceKhXvX"
    "GnJsQheZQ5lzGdTM9SxBJFMarzK3i0qdSknvDAay8g5+K0k9yHcYcw+Hzp9e8o+GXnJ2ee"
    "nRLzG/1BuNBSYYJpU7w4i6VKiAdaoCCAfiFUR3LRtB2R2pNGP209VFN4ftRCrpaQWZVPtL"
    "2/gp/WsPxHAwEk5vJm85naKc8mb5BVrFZvrVT2aP/wcPRC+O"
)
