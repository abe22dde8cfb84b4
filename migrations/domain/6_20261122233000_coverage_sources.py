from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    """Where what is covered came from. Without a foreign key, which would lock all pairs: a trigger does its work."""
    return """
        CREATE TABLE "coverage_sources" (
    "pair_id" UUID NOT NULL,
    "origin" SMALLINT NOT NULL,
    "run" UUID,
    "covered" tstzmultirange NOT NULL,
    "first_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "last_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT "uid_coverage_sources" UNIQUE NULLS NOT DISTINCT ("pair_id", "origin", "run")
);
COMMENT ON COLUMN "coverage_sources"."origin" IS 'EXCHANGE: 0\nIMPORT: 1';
COMMENT ON COLUMN "coverage_sources"."run" IS 'The sync job or the import; null for all jobs of the schedule.';

CREATE OR REPLACE FUNCTION coverage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    IF NOT NEW.covered <@ OLD.covered THEN
        INSERT INTO candle_changes (series, version, covered)
        VALUES (NEW.series, NEW.version, NEW.covered - OLD.covered);
    END IF;
    IF NOT OLD.covered <@ NEW.covered THEN
        DELETE FROM coverage_sources WHERE pair_id = NEW.id AND NOT covered && NEW.covered;
        UPDATE coverage_sources SET covered = covered * NEW.covered
        WHERE pair_id = NEW.id AND NOT covered <@ NEW.covered;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION pair_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM candles WHERE series = OLD.series;
    DELETE FROM coverage_sources WHERE pair_id = OLD.id;
    RETURN NULL;
END $$;"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        CREATE OR REPLACE FUNCTION coverage_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version = OLD.version + 1;
    IF NOT NEW.covered <@ OLD.covered THEN
        INSERT INTO candle_changes (series, version, covered)
        VALUES (NEW.series, NEW.version, NEW.covered - OLD.covered);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION pair_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM candles WHERE series = OLD.series;
    RETURN NULL;
END $$;

DROP TABLE "coverage_sources";"""


MODELS_STATE = (
    "eJztXW1T4zgS/iuqfIGt4qZmwsvMsXdXFSAzmx0IcxBu9nbZMsJWEg2OnLFkAjfLfz9Jtu"
    "M32cQmAcfoy+4gq23naVnqftTd+tGynAnE5E1nij+j+9Y++NEicIL4P1JXtkALTqdRu2hg"
    "8NqWXeEUGzfonspe15S50GS8fQhtiniThajp4inDDuGtxLNt0eiYvCMmo6jJI/i7hwzmjB"
    "AbI5df+ONP3oyJhe4QDf+c3hhDjGwr8bLYEs+W7Qa7n8q2i4ve0UfZUzzu2jAd25uQqPf0"
    "no0dMu/uedh6I2TEtREiyIUMWbGfId4y+MVhk//GvIG5Hpq/qhU1WGgIPVuA0frH0COmwA"
    "DIJ4n/7PwreLVYt/Pv9pH/1+YGfwvDhYQjbojumz9t/NQqgafpEKELTJgA78eD/6wIJNna"
    "Eg89/KVztrm9J+8+dSgbufKihLD1IAUhg76oVESEvOkigZMBWVYDR/wKwxOk1kJSMqUNKx"
    "B9E/6jilbChkgt0ZAMAQ/hSyih78w2VwT1oHfSPR90Tr6I208o/W5LpDqDrrjSlq33qdZN"
    "XzMO/678D25+E/C1N/gFiD/B76f9blp/836D31vinaDHHIM4MwNacTTC5rCJd40U7E2tig"
    "pOSjZKwS0+dq1TYt8Hn/r6Kjx4+0jf8v8ZTR+OoavWctg/pV+O1momUqU+DaN/OjDOuwPD"
    "eIpWJ/DOsBEZsTH/893btwVq/U/nTM6avFdKV/3gUtu/9pBAd+qiIb4rg28k0TiE24sA3M"
    "7Ht52BdwzpuAy4Yf/lQFt5OloFuHs7C4C7t5MLrriUBJeajrhHBt5fz0/7angjifTsj00G"
    "/gI2puxZgf7jz9Ws6gKCxPwe4rh50vktDfHh8elBeuIWNzhI4W1DygyPVlp707JLWH2Dea"
    "Iuo319l9ysjeWiW+emkp6TklrLddOy8FiHNzHPSTRcQ/NmBl3LyFxx2k5e3+ylSXuSboEE"
    "jqSSBJoSO9+LP+Tum+2Mjh2Y9JsVl7eKPH3T72jYvOdi7n5rMEZAdOdaBs4QQDnpg6HrTI"
    "DjMYottA8gAejOHEMyQhsUTKB7gxjdAo4LDh1MPiHzxuHtJv83fQNOp4j70IRhG7AxZABT"
    "YDkEvWmlBtTzPfmSXJIrZGHxk694Z96FgrEz409lXAIzMIMUXKORR34GV1Ouoishy/j7EX"
    "THAL8HYI58V/krNBGiiZBm+MnrPn1rIuT1EiHUu/6GTIWy893JmEjjnPWV0CGYGtxDJFmM"
    "DxzHRpDkLFuRVArmay62hp57AbAHp6fHiQ/moDdIAXxxctDlyEvceSfMZHOvP0iBDWk1Hy"
    "MuV6vJS7sY6TUqMEKzGu4RplZuTCKlW47Pc2rz3RMmqpF48N/a73be73zY3tv5wLvIl5u3"
    "vC9QcvZDERZ6CQjD7hq/AL8hxLbHR7WBudnOR+riUCokXxbVt/VB1fWIAblD6ZbmiOKCmi"
    "Kq8/w99ei40hqdENQ6rrOOuV0reHnJI5Wm9VOyWtO11rQDrWq7N3FBreO66bgupL6DSUvF"
    "5js+a19A4ws+eyH6XkfraZJak9T1no40Sf16SeqXjdarVcDTSghqej+5dhRmesEewFyicV"
    "sAy4/XE4bISGyyGyqbIB/ktFwlqGtmFT/DaI5gKztvZCU15AtB7oeUGCacCuPwpgQXqpCs"
    "xIXWDfMl06J4wr0jw3NLTdIJoeaN5N2FRvJuwUje9UdyCU83vn2CXUWY8EEg9vHzGbJhzq"
    "ZT4MJ+4bdYQ4PkIRxnYWtosq2aBpCBakV8QNRh6zFiwJ/mF6cIWh0ZHwcgjWLmZKgdBZht"
    "gdlY8gMipI44DEAghgdHBfK78A4/yzA432gSQXH8Rt50yvubkCpi+lb8rMdJjR+tSC0xWy"
    "89WQspdDflhj7lKM2VGGgmGD3hoG/Jzvw15R8PmjfRvMk6uNXr60Zr3mQxo6K5vMmLOp51"
    "9vEbyqLUyjxfCcaaCdSOvHbktSOvduQbEiRao6FbkyCAbpC91lI4/vNrW0U+f5j/pgMCtG"
    "OrHdtHoK65n6Md28Xm/+Y6trp8z9x0WshyKjCc0nYTtOBUGX6fj25MpIF+1vIhxtTgxge+"
    "VQzhxzICI7kXzgmcD/kapwJyvPhzh3jkuUhhez2GdVJW4/0o3gIHw8YTrFiFc72upJB2vB"
    "S4CsvD8cqAGpPQiObkPpYeqUkhTW7lwDrBto0p4o+yFPERH20HFuGblk7BPBTi6wd0AYpH"
    "pxcHx13w5ax72DvvBQXW5ra2vJicd8+6neN0QUBMmePeG9R2mALz3BGdkdODWmFFEG7b3v"
    "JfkAU2vyZgQkiXBSxfFjAoUmW4aMh7VUsXzbuHzjWrj2tfOtcsM0QUhn2JGLwTeZM1NIly"
    "o/CSC7IOUnzGIMWehSZThyFi3uccNJDqsVW0ZYGjvosfPND6Kmr2iUp8sqANGDou8LgKXA"
    "ABv8kWgMSSAYLfnGu/vh83ARy/H2b7vJe4MIH3vCOdcTGKbrnebSFMs5GKK3+a3m/R+y3N"
    "oOPXfY3W+y2vd7/lxl+rFt0QCLo3brelvbu7SG7g7m5+cqC4lvR0bvgvU/rsXeJNJL49/k"
    "qQmCiLcyBaZ46Pe9S9Qa9zvA/eXpKPp2dfO2dH++DdJTnoHH72/2hfkrPul07vbB9s8392"
    "+p+6+2AnbWsUevvb7fd7c0df/FHk45+fdI6PVfQ1GSFDVE4uO6klJbV7WZ+ZLLt0+bpiTj"
    "Ud+3Jaw3XWMKYG9y/MKlt+kZwuubr4vh/34ZQJBvnOViSxTIervmA/6kslKZuSaMZENJyq"
    "oNUkuopNKcdFeEQ+o/uMvfUqSLEtsbzN5hRKfEDx324hG/mf/mHn/LBz1G2lv/4lIHp+T8"
    "xf/Ts1FNRozlNj+jKR1QH/raAqI2Y8n6KMUfDLjan+Yx6wLRcfP0/qT838aeZvDYmhJhnX"
    "mvl7XcyfTmpNnje5SDDwXn4w8F4mGPga0lKh7GH/BoK7vQi42/ngbmfA/e45rBS6cwEN7w"
    "Lw6kD25yFYRKhYtRLbcUHNWtZnnc0aVtwjrKrllKjWc531HPq1JTm+lJjm+Yp5vjh78ERm"
    "Kp5fvp7QPkpNpQZXnfgpybQq2KmQgS2u8meUS/sPCu9t0LB8nkPiZ+cCKKrtiSl06PK32Q"
    "IzzMYyvM1G1khU5BuCWXBk7g3//rnwtePxPxkFJiSWjRQRdM/zyEUpti0/d0g+LMO3JasC"
    "Msg8+oQSgODrL92zLpjbguCfcmz65HLsQRZ/b76wreBBmj/U/OE60EtNMn80f6j5w5bmD5"
    "fHH2qKS1NcDaC4AnMyA/JCcbCRcN3OUW196faPev1PMvr1/L/9Q/nvd/6/u37sK59hj7sy"
    "9PVjp3csGp8/9pUiFyMF/OeyPWeinsssB/WKgd4xE/eyRbjVfwvtzQ3/5TZ+umw9aWFeci"
    "6x6dwiZS2SE/76WIaY5li3kWAK7GdPI07gvfHjYeNpEBfgxyj732QOTBpK6d1yiDyiMCUP"
    "8Cg36z0tWbc5o+zo/Hu7vb39vv12e+/D7s7797sf3s6HafZS0Xg96H0SQzYxgWfHMB+IVF"
    "lYswjzmJCGuxTceu+n+U5xQHGVVHAkpbVbZ+1KIrocpRgT0Ts96cLOegNtFbDOaf+SuKbl"
    "NLDFO5NmcDzVE3clw1Ou1hPSR3ckYxPg4xkIerO3DLQLbfYqZ4Yl4DuI36uhAKdnxLLb6f"
    "F9yGwFmJTPVaKST7b2TEMUkNpwIKbxzbl+IljNy0daaeWjEC5FpEYMyfxgjYTWFixy5B98"
    "uEEBN0Zs5G+GU8SAiH9gDrAcWX1o7Mz4XUS5ITCGou9EceDiE+93SS7JVVC00pjakBBkXc"
    "ne81bLIegKTBCknotkAIeYJoBktqi4vWT4tuSJjuLqzHFv+KtYnisHapVzG5M74nwuqh5C"
    "kQnKiGUIxh7zlAfoYIwXcgF0MMarZSZ0MMbrCsbQpYZqUmqoqbvd/77oXogNbI7/2UW/P9"
    "/svjg87HaPgv3ucJebK+Cw0z/sHr/Qnreu9/Qa1jhd76npGm5CvSe1n1uzGC0OGDXHyPLs"
    "KlgnRDXcCxyng/iPlHv416Wqb6blmndg7GqO707yN4oBXhDfohBu0FkazxzyEufMqqkhlK"
    "ybgVxz4IOMMWPmYsZQyRAvhbCGvxL8LrrFtOwMpBDW8JeCX5w/xU1CxIShovTN1chn5NYd"
    "96WFO7uIqcPK808DjCQ0igGKM4iFMVflSLWsaMXz1OqAawFoyzhEzUXQrHbOVFJSkwV1Jg"
    "uQ6zou151VKmcuKdU8h2r5Zxz7iE0QpVAVmDVAdzlTVkawCWgXfUHd3waJjydzet78Azo+"
    "7X8Ku6eP1FOhj6nB34FQjJQpMkV8jfoG1Vib9dHFEsmbIcS2x+ctAxPD5XPR4iaQQlKbQu"
    "Ea7REDDpXH0z+yRMcF9Qpd5xV66lU87jMhqHVcZx3zhYeKzbUbFcmUOzOmpPSsGEfTMjzC"
    "sKLSxiNZgilZ/d3U+buhDLrVAraSklrLddbyEBNccQ1MiWo911nP+qgffdTPSycrPXrUj8"
    "5TWo8MnAE2b1qK9BvZvlWUe8N4jwXzbgai8CikzE9eEad4z8bYHMvUGZeJYqQidyWM9BHZ"
    "Ldlcm4r30AeB7+sMkkYkGDTJhNEZJK8rg4Qo08DzN87C/o07Cnz5O2blP6EafjrayRMzZM"
    "YryTeiV2sShsUWlHZhrBJDkXEYdFvBIY/aftP22xou7+s+O2n77fXab/wnIvcWlirIHpdp"
    "nB33brFMkoJEkrQdN8HEY6WCXmMSdU6vftb9zRImVJLyfSL52DC6d6WUYwe52ByrjMvgSq"
    "FlCaM+tbEqcz9RpVGp+DqDiay+k99SQg/yDcbc4tD5y0t+aeiKq8tLz36J9aW9u7vAAsN7"
    "5a4w8lqKKuAfVQmEg+4NRHcliaD8iUwZMfvr+Wk/x9uJRNLLCjYZ+As8e5X+lRMxAoyE0Z"
    "uJW06HKKesWXGDg3Ir/fIXs4f/A+M8Y2Q="
)
