# sqlite-backup: make backup-db, push-db, restore-db, undo-db, list-db, verify-db, status-db and install-hooks, to include in a Makefile.
# DB=… the database, TO=… the backup (FROM=… the same, for a restore), AT=… a time of it, ARGS=… any other options (see
# `scripts/sqlite-backup --help`).
ifdef DB
export SQLITE_BACKUP_DB := $(value DB)
endif
ifdef TO
export SQLITE_BACKUP_TO := $(value TO)
endif
# Words that others use too: only what was typed.
ifeq ($(origin FROM),command line)
restore-db verify-db list-db status-db: export SQLITE_BACKUP_TO := $(value FROM)
endif
ifeq ($(origin AT),command line)
export SQLITE_BACKUP_AT := $(value AT)
endif
# A bare make backs nothing up.
ifeq ($(.DEFAULT_GOAL),)
.DEFAULT_GOAL := help-db
endif
sqlite_backup_mk := $(lastword $(MAKEFILE_LIST))

.PHONY: backup-db push-db restore-db undo-db list-db verify-db status-db install-hooks help-db
# What to type next is said by these targets then.
backup-db push-db restore-db: export SQLITE_BACKUP_MAKE := $(CURDIR)
backup-db: ## Back up the database, and stage the backup in Git
	@scripts/backup-db.sh --stage $(ARGS)

push-db: ## The same, and commit and push just that
	@scripts/backup-db.sh --push $(ARGS)

restore-db: ## Bring the newest backup back, keeping a safety copy
	@scripts/restore-db.sh $${SQLITE_BACKUP_AT:+"--at=$$SQLITE_BACKUP_AT"} $(ARGS)

undo-db: ## Take the last restore back
	@scripts/sqlite-backup undo $(ARGS)

list-db: ## List the backups
	@scripts/sqlite-backup list $(ARGS)

verify-db: ## Prove that the newest backup would restore
	@scripts/sqlite-backup verify $${SQLITE_BACKUP_AT:+"--at=$$SQLITE_BACKUP_AT"} $(ARGS)

status-db: ## Say how old the newest backup is, and whether it is current
	@scripts/sqlite-backup status $(ARGS)

install-hooks: ## Warn on `git push` when the database is newer than its last committed backup
	@scripts/install-hooks

help-db: ## List these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(sqlite_backup_mk)
