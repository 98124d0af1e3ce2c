# make run: the dashboard. make test: lint, types and tests, the same as in continuous integration.
# make audit: asks which of the installed libraries have known vulnerabilities.
# make diagnosis: trains runs whose illness is known, and prints how many verdicts agree and how soon a remedy cures.
# make article: trains every experiment of the article, in about four minutes, and prints what repeats of it measure.
# make bench: measures the speed that is promised, in about 35 minutes on a machine with nothing else to do, and writes
#   bench-results.json; make bench PARTS="engine lab" measures these parts alone.
# make load: the part of it with 1 to 100 people at once, in about ten minutes.
# make bench-compare BASE=v1: the same for the commit BASE and for what is here, in turns; PARTS is "engine" by itself.
VENV := .venv
BIN := $(VENV)/bin
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
export CHROMIUM

.PHONY: run test pages one-half other-half lint audit diagnosis article screenshots bench load bench-compare chromium

run: $(VENV)/run.stamp
	VGDEMO_TRUST_VISITORS=$${VGDEMO_TRUST_VISITORS-on} $(BIN)/streamlit run app.py

# Tests in a browser, and those of workers, wait more than they reckon, so three lanes run side by side, of about the same
# length; what two of them print comes when they are over.
HALF := tests/article tests/diagnosis tests/jobs tests/network tests/probe tests/store tests/test_examples_folder.py \
  tests/test_study_command.py tests/test_torch.py tests/test_training.py
test: lint chromium
	@$(MAKE) --no-print-directory --keep-going --jobs=3 other-half one-half pages

# A thread for each, as a worker has: more would wait for one another, and threads that wait take processor time.
one-half other-half: export OMP_NUM_THREADS := 1
one-half other-half: export TF_NUM_INTRAOP_THREADS := 1
one-half other-half: export TF_NUM_INTEROP_THREADS := 1

other-half:
	@$(BIN)/pytest --ignore=tests/browser $(addprefix --ignore=,$(HALF))

pages: TESTS := tests/browser
one-half: TESTS := $(HALF)
pages one-half:
	@$(BIN)/pytest $(TESTS) >$(VENV)/$@.log 2>&1; ended=$$?; cat $(VENV)/$@.log; exit $$ended

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint vgdemo
	$(BIN)/hadolint Dockerfile
	$(BIN)/mypy

audit: $(VENV)/test.stamp
	$(BIN)/pip-audit --strict --local

diagnosis: $(VENV)/run.stamp
	$(BIN)/python -m bench.diagnosis

article: $(VENV)/run.stamp
	$(BIN)/python -m bench.article

screenshots: $(VENV)/test.stamp chromium
	PYTHONPATH=tests $(BIN)/python -m browser.screenshots

bench: $(VENV)/test.stamp chromium
	$(BIN)/python -m bench.speed $(PARTS)

load: PARTS := people starters
load: bench

bench-compare: $(VENV)/test.stamp chromium
	$(BIN)/python -m bench.compare $(BASE) $(PARTS)

# The stamps make a second call start at once: pip is asked again only when a requirements file has changed.
$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# A name on the path may be a shim without a Python behind it, or a Python without venv: each is tried.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  $$python -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	  exec $$python -m venv $(VENV); \
	done; \
	echo 'vgdemo needs Python 3.11, 3.12 or 3.13 with its venv module (on Debian: apt-get install python3-venv); none was found.' >&2; \
	exit 1

chromium:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo 'The browser tests need Chromium or Chrome: install it, or say where it is with CHROMIUM=/path/to/it.' >&2; exit 1; \
	fi
endif
