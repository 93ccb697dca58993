# make help lists the targets. DB=… TO=… ARGS=… override what backup-db and restore-db work on.
.DEFAULT_GOAL := help
include scripts/sqlite-backup.mk

.PHONY: help build format test torture mutants bench demo install uninstall install-into
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build target/sqlite-backup.jar
	@mvn -B -q -Dstyle.color=never -P '!error-prone' -Dmaven.test.skip=true package

format: ## Format the sources, as `make test` checks
	@mvn -B -q -Dstyle.color=never spotless:apply

test: ## Run all tests (a missing tool skips its tests; in CI it fails them)
	mvn -B -Dstyle.color=never verify

torture: ## Make every bad day happen, for two hours; writes docs/reliability.md
	@bench/torture

mutants: ## Change one thing at a time in archive, core, history, run and store: a test has to notice, or src/test/pitest-survivors.txt has a reason
	@mvn -B -q -Dstyle.color=never test-compile org.pitest:pitest-maven:mutationCoverage
	@java src/test/java/dev/sqlitebackup/torture/Mutants.java

bench: build ## Measure against the article's script, pigz and restic; writes docs/benchmarks.md
	@mvn -B -q -Dstyle.color=never -DskipTests test-compile dependency:build-classpath -Dmdep.outputFile=target/test-classpath -Dmdep.includeScope=test
	@bench/run

demo: build ## Show the whole thing in under a minute, on nothing but itself
	@java -cp target/sqlite-backup.jar scripts/Demo.java target/sqlite-backup.jar

install: ## Put sqlite-backup on the PATH, with completion and manual pages, below PREFIX=… (default: ~/.local)
	@echo 'building (one to four minutes; the first time Maven fetches its libraries) ...'
	@mvn -B -q -Dstyle.color=never -DskipTests -P man package
	@scripts/install "$(PREFIX)"

uninstall: ## Take that away again
	@scripts/install --uninstall "$(PREFIX)"

install-into: build ## Set up DIR=…, your own repository, for backups
	@scripts/install-into "$(DIR)"
