from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    """Who deletes candles, whoever it is, uncovers their slots: the ledger claims nothing that is not there."""
    return """
        CREATE FUNCTION slot_of(opened timestamptz, step text) RETURNS tstzrange IMMUTABLE LANGUAGE sql AS $$
            SELECT tstzrange(opened, ((opened AT TIME ZONE 'UTC') + (left(step, -1) || CASE right(step, 1)
                WHEN 'm' THEN ' minutes' WHEN 'h' THEN ' hours' WHEN 'd' THEN ' days'
                WHEN 'w' THEN ' weeks' WHEN 'M' THEN ' months' WHEN 'y' THEN ' years'
            END)::interval) AT TIME ZONE 'UTC')
        $$;

        CREATE OR REPLACE FUNCTION candles_removed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE coin_exchanges AS p
            SET candle_count = p.candle_count - c.removed, version = p.version + 1, covered = p.covered - c.slots
            FROM (
                SELECT r.series, count(*) AS removed, range_agg(slot_of(r.timestamp, t.interval)) AS slots
                FROM removed_candles AS r
                JOIN coin_exchanges AS e ON e.series = r.series
                JOIN timeframes AS t ON t.id = e.timeframe_id
                GROUP BY r.series
            ) AS c
            WHERE p.series = c.series;
            RETURN NULL;
        END $$;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE OR REPLACE FUNCTION candles_removed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE coin_exchanges AS p SET candle_count = p.candle_count - c.removed, version = p.version + 1
            FROM (SELECT series, count(*) AS removed FROM removed_candles GROUP BY series) AS c
            WHERE p.series = c.series;
            RETURN NULL;
        END $$;
        DROP FUNCTION slot_of;"""


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
