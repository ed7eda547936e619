# The whole house in a few words: make demo, make test, make docs, make clean.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    := published
CORES  := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
# What is imported is compiled when it is first used, and kept: an environment that forbids the latter would make every
# process compile it again. To compile all 9,000 files at once takes two minutes more.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/python -m pip install --quiet --no-compile

.PHONY: help demo test soak docs samples install install-test system clean

help:
	@echo "make demo    install, make the sample collection, publish it"
	@echo "make test    install what the tests need, check the code, run the tests"
	@echo "make soak    kill runs at random moments, for hours"
	@echo "make docs    write the generated pages of docs/reference"
	@echo "make clean   remove what the other words made"

demo: samples
	$(BIN)/heritage3d run workflows/exhibition.yaml samples/collection --out $(OUT)
	@$(BIN)/python tools/told.py $(OUT)

samples: $(VENV)/.samples
	$(BIN)/python samples/make.py samples/collection

# One process more than cores: tests wait for browsers and for programs.
test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses $$(( $(CORES) < 4 ? $(CORES) + 1 : 5 )) --dist loadfile

# Hours, not minutes: the crash tests with 50 kills of each kind, hostile input in large numbers, and the main job
# killed on the samples.
soak: $(VENV)/.test samples
	H3D_KILLS=50 $(BIN)/python -m pytest -s tests/crash
	H3D_EXAMPLES=20000 H3D_BITS=10000 H3D_CORPUS=all $(BIN)/python -m pytest -s tests/hostile tests/trust
	H3D_CORPUS=all $(BIN)/python -m pytest -s tests/pipeline/test_determinism.py
	H3D_CORPUS=all $(BIN)/python -m pytest -s tests/browser tests/photogrammetry
	$(BIN)/python -m tests.crash.soak samples/collection $(VENV)/soak
	$(BIN)/python -m tests.exhibit.load $(VENV)/soak/unbroken

docs: $(VENV)/.installed
	$(BIN)/heritage3d reference docs/reference

install: $(VENV)/.installed
install-test: $(VENV)/.test

# Debian and Ubuntu without a desktop lack a few shared libraries of Open3D and Chromium.
system:
	@sh tools/system-libraries.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "heritage3d needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python lacks the module venv; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	$(INSTALL) --upgrade pip

$(VENV)/.installed: pyproject.toml hatch_build.py heritage3d/viewer/package-lock.json | $(BIN)/python system
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.samples: $(VENV)/.installed
	$(INSTALL) --editable '.[samples]'
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	$(INSTALL) --editable '.[samples,test]'
	@touch $@

clean:
	rm -rf $(VENV) $(OUT) samples/collection samples/photographs samples/truth samples/*.made build dist heritage3d/viewer/dist heritage3d/viewer/node_modules tests/browser/node_modules samples/node_modules
