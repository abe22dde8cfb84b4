# Needs GNU make 3.81, Python 3.11 and nothing else: `environment` fetches the rest into .venv.
# Settings are environment variables; `make run PORT=3100` sets one, too.

PYTHON ?= python3
VENV := .venv/bin/python

.PHONY: run test chaos fuzz check bench api worker migrate doctor backup restore apikey apikey-revoke schema licences migration picture environment web
.DEFAULT_GOAL := run

run: environment web
	@exec $(VENV) -m ops.local --under-make

# Four processes keep two processors busy: what tests do most is wait. make test TZ=Asia/Kathmandu: any place will do.
# What Python compiled is kept: a hundred processes that the tests start would compile it again each.
test: export PYTHONDONTWRITEBYTECODE =
test: environment web
	@$(VENV) -m pytest --numprocesses=4 --no-loadscope-reorder

# make chaos CHAOS="--seed 7 --minutes 10 kills"
chaos: environment
	@$(VENV) -m tests.chaos $(CHAOS)

# make fuzz FUZZ_SEEDS=7: what seed 7 drew once more.
fuzz: export FUZZ_EXAMPLES ?= 500
fuzz: export FUZZ_SEEDS ?= 1 2 3 4 5
fuzz: environment
	@$(VENV) -m pytest -s tests/clients/test_fuzz.py

check: environment
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy
	@PATH="$$PATH:.uv/bin" uv lock --check --quiet

bench: environment
	@$(VENV) -m tests.bench

# One more of each beside a running installation: same DATA_DIR, or same DB_HOST and REDIS_URL.
api: environment web
	@exec $(VENV) -m api

worker: environment
	@exec $(VENV) -m workers

# What is wrong with an installation, and what to do; make doctor REPAIR=yes sets right what it can.
doctor: environment
	@$(VENV) -m workers.doctor $(if $(REPAIR),--repair)

# Beside a run or without one; `restore` wants a new DATA_DIR or DB_NAME.
backup: environment
	@$(VENV) -m ops.local.backup "$(or $(FILE),candelabra.dump)"

restore: environment
	@$(VENV) -m ops.local.backup --restore "$(or $(FILE),candelabra.dump)"

# The database's schema, to what this version needs.
migrate: environment
	@$(VENV) -m domain.migrate

# make apikey NAME=charts SCOPES=read,sync: the key is the last line.
apikey: environment
	@$(VENV) -m domain.access "$(NAME)" "$(SCOPES)"

apikey-revoke: environment
	@$(VENV) -m domain.access --revoke "$(NAME)"

schema: environment
	@$(VENV) -m api.schema api/schema.graphql

# What the image holds of others, and under which licence.
licences: environment
	@$(VENV) -m ops.licences > ops/licences.md

# make migration NAME=what_it_does
migration: environment
	@$(VENV) -m domain.migrate "$(or $(NAME),update)"

# README's picture of the dashboard, by Chromium.
picture: environment web
	@$(VENV) -m tests.browser.picture

# The pages' libraries, with the machine's npm or the one that PyPI has.
web: environment
	@$(VENV) -m ops.local.web

environment:
	@for python in "$(PYTHON)" python3.13 python3.12 python3.11 python3.14; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" ops/local/environment.py; \
		fi; \
	done; \
	echo "Candelabra needs Python 3.11 or later, and $(PYTHON) is not that." >&2; \
	echo "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
	exit 1
