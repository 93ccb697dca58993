# sqlite-backup: make backup-db, restore-db and install-hooks, to include in a Makefile.
# DB=… the database, TO=… the backup, ARGS=… any other options (see `scripts/sqlite-backup --help`).
ifdef DB
export SQLITE_BACKUP_DB := $(value DB)
endif
ifdef TO
export SQLITE_BACKUP_TO := $(value TO)
endif

.PHONY: backup-db restore-db install-hooks
# What to type next is said by these targets then.
backup-db restore-db: export SQLITE_BACKUP_MAKE := $(CURDIR)
backup-db: ## Back up the database, and stage the backup in Git
	@scripts/stage-backup scripts/backup-db.sh $(ARGS)

restore-db: ## Bring the newest backup back, keeping a safety copy
	@scripts/restore-db.sh $(ARGS)

install-hooks: ## Warn on `git push` when the database is newer than its last committed backup
	@scripts/install-hooks
