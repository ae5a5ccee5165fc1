package postgres

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// What a zero field of Config stands for.
const (
	defaultConns       = 8
	defaultLockTimeout = 5 * time.Second
	defaultIdleInTx    = 5 * time.Second
	connectTimeout     = 5 * time.Second
	keepAlive          = 15 * time.Second
)

// Config says how to reach a service's database. As part of a program's settings it is embedded with an envprefix, such
// as "SEATFLOW_INTAKE_"; made by hand, only URL is needed.
type Config struct {
	// URL is postgres://user@host:port/database. Its own parameters win over what Open sets.
	URL config.URL `name:"postgres" env:"POSTGRES_URL" required:"" placeholder:"URL" help:"Postgres database, as postgres://user@host:port/database."`
	// Password replaces the one in URL when set.
	Password config.Secret `name:"postgres-password" env:"POSTGRES_PASSWORD" help:"Password of the Postgres user, where the URL carries none."`
	// Conns is the size of the pool; 0 means 8.
	Conns int32 `name:"postgres-conns" env:"POSTGRES_CONNS" default:"8" help:"Most connections to Postgres at once."`
	// LockTimeout is how long a statement waits for a lock; 0 means 5 seconds.
	LockTimeout time.Duration `name:"postgres-lock-timeout" env:"POSTGRES_LOCK_TIMEOUT" default:"5s" help:"How long a statement waits for a lock."`
	// IdleInTxTimeout is how long a connection may do nothing inside a transaction; 0 means 5 seconds.
	IdleInTxTimeout time.Duration `name:"postgres-idle-in-tx-timeout" env:"POSTGRES_IDLE_IN_TX_TIMEOUT" default:"5s" help:"How long a transaction may do nothing before Postgres ends it."`
	// Name is the application_name that the server's views show; empty means "seatflow".
	Name string `kong:"-"`
}

// Validate checks what a single setting cannot tell; package config calls it.
func (c *Config) Validate() []error {
	var errs []error
	if c.Conns < 0 {
		errs = append(errs, errors.New("--postgres-conns must be 1 or more"))
	}
	if c.LockTimeout < 0 || c.IdleInTxTimeout < 0 {
		errs = append(errs, errors.New("--postgres-lock-timeout and --postgres-idle-in-tx-timeout must not be negative"))
	}
	return errs
}

// Open makes the pool and checks with one connection that the database can be used, for which it takes at most 5
// seconds. ctx bounds only that. A database that cannot be reached is a fault of kind Unavailable, one that refuses the
// user is of kind Internal. The caller closes the pool.
func Open(ctx context.Context, c Config) (*pgxpool.Pool, error) {
	pc, err := poolConfig(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, connectTimeout, errors.New("postgres: connect timeout"))
	defer cancel()
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, unusable(pc, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, unusable(pc, err)
	}
	return pool, nil
}

func unusable(pc *pgxpool.Config, err error) error {
	return fault.New(Kind(err), "database_unusable", "The database cannot be used.").In("postgres.open").
		On(where(pc.ConnConfig)).Because(err)
}

func poolConfig(c Config) (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(c.URL.Reveal())
	if err != nil { // the error hides passwords, but only where it can tell them; so it is not passed on
		return nil, fault.New(fault.Invalid, "bad_database_url",
			"The database URL is not usable; it must read postgres://user@host:port/database.").In("postgres.open")
	}
	pc.MaxConns = cmp.Or(c.Conns, defaultConns)
	pc.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		fastArrays(conn.TypeMap())
		return nil
	}
	cc := pc.ConnConfig
	if c.Password != "" {
		cc.Password = c.Password.Reveal()
	}
	setDefault(cc, "application_name", cmp.Or(c.Name, "seatflow"))
	setDefault(cc, "lock_timeout", millis(cmp.Or(c.LockTimeout, defaultLockTimeout)))
	setDefault(cc, "idle_in_transaction_session_timeout", millis(cmp.Or(c.IdleInTxTimeout, defaultIdleInTx)))
	// Plans are cached with the statement. One made while a table was nearly empty would read it from end to end for
	// as long as the connection lives; every statement on an order's way has an index to go by.
	setDefault(cc, "enable_seqscan", "off")
	cc.ConnectTimeout = cmp.Or(cc.ConnectTimeout, connectTimeout)
	cc.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	cc.DialFunc = (&net.Dialer{Timeout: connectTimeout, KeepAlive: keepAlive}).DialContext
	return pc, nil
}

func setDefault(cc *pgx.ConnConfig, name, value string) {
	if _, set := cc.RuntimeParams[name]; !set {
		cc.RuntimeParams[name] = value
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func where(cc *pgx.ConnConfig) string {
	return "database " + cc.Database + " at " + net.JoinHostPort(cc.Host, strconv.Itoa(int(cc.Port)))
}
