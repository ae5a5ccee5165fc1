package engine

import (
	"io/fs"

	"github.com/seatflow/seatflow/services/kit/config"
)

func configURL(s string) config.URL { return config.URL(s) }

func migrationsDir() (fs.FS, error) { return fs.Sub(Migrations, "migrations") }
