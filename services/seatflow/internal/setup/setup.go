// Package setup makes what services need and may not make themselves: databases and
// roles, streams and consumers, NATS users and their keys.
//
// Model: it runs with administrator credentials, once, and again after an upgrade;
// `seatflow up` runs it first. Guarantees: what exists is kept; what exists and differs
// is an error, never a silent change. Keys and passwords are written to files that only
// their owner may read, one environment file per service beside them.
package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/kit/bus"
	"github.com/seatflow/seatflow/services/seatflow/internal/keys"
)

// Options says what to set up, and where.
type Options struct {
	// Data is the folder for keys, passwords and environment files.
	Data string
	// PostgresURL is the administrator's; NATSURL is the server's.
	PostgresURL, NATSURL string
	// Sources are the publishers that get a key and an inbox subject.
	Sources []string
	// Replicas of each stream: 1 on one node, 3 in a cluster.
	Replicas int
	// Prefix of databases and roles.
	Prefix string
}

// Layout is where setup leaves things.
type Layout struct {
	KeyDir string
	EnvDir string
	// Databases is each service's URL, password included.
	Databases map[contract.Service]string
}

// KeyDir is the folder of a data folder that holds keys and passwords.
func KeyDir(data string) string { return filepath.Join(data, "keys") }

// Run sets everything up. The NATS server must already know the users (see Users
// and ServerConfig), since the streams are made as the deploy identity.
func Run(ctx context.Context, o Options, log *slog.Logger) (Layout, error) {
	l := Layout{KeyDir: KeyDir(o.Data), EnvDir: filepath.Join(o.Data, "env")}
	var err error
	if l.Databases, err = Databases(ctx, o.PostgresURL, l.KeyDir, o.Prefix); err != nil {
		return l, err
	}
	nc, err := bus.Connect(ctx, bus.Config{URL: o.NATSURL, User: Admin, SeedFile: keys.File(l.KeyDir, Admin)}, log, nil)
	if err != nil {
		return l, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return l, fmt.Errorf("open JetStream: %w", err)
	}
	if err := bus.Create(ctx, js, max(o.Replicas, 1)); err != nil {
		return l, err
	}
	return l, l.writeEnv(o)
}

// writeEnv leaves a file per service that a shell can read before it starts it.
func (l Layout) writeEnv(o Options) error {
	if err := os.MkdirAll(l.EnvDir, 0o700); err != nil {
		return fmt.Errorf("make the folder for environment files: %w", err)
	}
	key := func(user string) string {
		path, err := filepath.Abs(keys.File(l.KeyDir, user))
		if err != nil {
			return keys.File(l.KeyDir, user)
		}
		return path
	}
	var faults []error
	for _, s := range append(slices.Clone(contract.EngineServices), contract.Portal) {
		var b strings.Builder
		fmt.Fprintf(&b, "SEATFLOW_NATS_URL='%s'\nSEATFLOW_NATS_KEY_FILE='%s'\n", o.NATSURL, key(string(s)))
		if u := l.Databases[s]; u != "" {
			fmt.Fprintf(&b, "SEATFLOW_POSTGRES_URL='%s'\n", u)
		}
		faults = append(faults, os.WriteFile(filepath.Join(l.EnvDir, string(s)+".env"), []byte(b.String()), 0o600))
	}
	return errors.Join(faults...)
}

// Prefix is what the databases and roles of a Seatflow are called by default.
const Prefix = "seatflow_"
