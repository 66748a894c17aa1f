# `make learn` and `make test` set up everything they need; a second run starts at once.
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: env learn test notebooks dist site bench attack-table

env: .venv/all.done                ## everything: learning, grading, testing

learn: .venv/learn.done            ## fill workbook/ and open JupyterLab there
	@exec $(BIN)/vae-course learn

test: env                          ## all tests, nbval included; says where the time went
	VAE_COURSE_PROGRESS=off $(BIN)/python -m pytest -n 2 --no-loadscope-reorder --nbval --nbval-current-env --nbval-cell-timeout=120 tests solutions

notebooks: env                     ## from solutions/*.py to notebooks, releases and sealed numbers
	$(BIN)/vae-course build

dist: env                          ## wheel and source archive, without answers
	$(BIN)/python -m build --no-isolation --outdir dist .

site: env                          ## the lessons as pages to read, in site/, without answers
	$(BIN)/vae-course site

bench: env                         ## how long a check takes, how fast training and grading are, a class of 2,000
	VAE_COURSE_BENCH=full $(BIN)/python -m pytest -s tests/benchmarks

attack-table: env                  ## tries the attacks of tests/attacks on stock nbgrader too; writes the README's table
	PYTHONPATH=tests $(BIN)/python -m attacks.table

.venv/python.done:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11; install a newer Python, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

.venv/learn.done: .venv/python.done pyproject.toml constraints.txt
	@echo "Installing what the course needs; the first time takes some minutes."
	@$(PIP) --editable . || { echo "The installation stopped; check the network, then run the same command again."; exit 1; }
	@touch $@

.venv/all.done: .venv/learn.done
	@$(PIP) --editable ".[grade,test,cluster,postgres,site]" || { echo "The installation stopped; check the network, then run the same command again."; exit 1; }
	@touch $@
