package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/seatflow/seatflow/proto/contract"
	"github.com/seatflow/seatflow/services/seatflow/internal/keys"
)

const statementTimeout = 30 * time.Second

// Databases makes one database and one role for each service that has state, and
// lets nobody else connect to it. The roles' passwords are kept in files beside the
// keys. It returns each service's own URL.
func Databases(ctx context.Context, adminURL, keyDir, prefix string) (map[contract.Service]string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, statementTimeout, errors.New("setup: postgres timeout"))
	defer cancel()
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return nil, fmt.Errorf("connect to Postgres as administrator: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	urls := map[contract.Service]string{}
	for _, s := range contract.EngineServices {
		name := prefix + string(s)
		password, err := password(keyDir, name)
		if err != nil {
			return nil, err
		}
		if err := ensure(ctx, conn, name, password); err != nil {
			return nil, fmt.Errorf("set up the database of %s: %w", s, err)
		}
		if urls[s], err = withUser(adminURL, name, password); err != nil {
			return nil, err
		}
	}
	return urls, nil
}

// ensure makes role and database; an existing role gets the stored password again.
func ensure(ctx context.Context, conn *pgx.Conn, name, password string) error {
	id := pgx.Identifier{name}.Sanitize()
	var role, database bool
	err := conn.QueryRow(ctx, `select exists (select from pg_roles where rolname = $1), exists (select from pg_database where datname = $1)`, name).
		Scan(&role, &database)
	if err != nil {
		return err
	}
	verb := "create"
	if role {
		verb = "alter"
	}
	// The password is hexadecimal of our own making, so it needs no quoting.
	statements := []string{verb + " role " + id + " login nosuperuser nocreatedb nocreaterole password '" + password + "'"}
	if !database {
		statements = append(statements, "create database "+id+" owner "+id)
	}
	statements = append(statements, "revoke all on database "+id+" from public")
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// password returns the role's password, making it at the first call.
func password(dir, name string) (string, error) {
	file := filepath.Join(dir, name+".pgpass")
	raw, err := os.ReadFile(file)
	if p := strings.TrimSpace(string(raw)); err == nil && p != "" {
		return p, nil
	} else if err == nil {
		return "", fmt.Errorf("the password of %s in %s is empty: remove the file to have a new one made", name, file)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the password of %s: %w", name, err)
	}
	var random [24]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("make a password for %s: %w", name, err)
	}
	p := hex.EncodeToString(random[:])
	if err := keys.Write(file, []byte(p+"\n")); err != nil {
		return "", fmt.Errorf("store the password of %s: %w", name, err)
	}
	return p, nil
}

// withUser is the administrator's URL with another role and its database.
func withUser(adminURL, name, password string) (string, error) {
	u, err := url.Parse(adminURL)
	if err != nil {
		return "", errors.New("the Postgres URL cannot be read; write postgres://user@host:port/database")
	}
	u.User = url.UserPassword(name, password)
	u.Path = "/" + name
	return u.String(), nil
}
