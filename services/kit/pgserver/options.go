package pgserver

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Superuser is the name of the server's superuser.
const Superuser = "postgres"

// Options say how to run a server.
type Options struct {
	// Dir is the server's folder; it is made if missing and must be this server's alone. Required.
	Dir string
	// Port is the loopback port; 0 takes a free one.
	Port int
	// SocketDir is a folder for a unix socket too, which is faster than loopback; it is made if missing. Its path must be
	// short (about 90 bytes). Server.URL then uses the socket.
	SocketDir string
	// Settings are server settings, such as "fsync": "off". They win over this package's own.
	Settings map[string]string
	// Unsafe makes initdb and the server skip syncing to disk: for data that may be lost with the machine, as in tests.
	Unsafe bool
	// Log receives the server's log besides the file; nil means the file only.
	Log io.Writer
}

// settings are the arguments for the postgres program, sorted, so that they are the same at each start.
func (o Options) settings(port int) []string {
	all := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": o.SocketDir,
		"cluster_name":            "seatflow",
		"logging_collector":       "off",
		"lc_messages":             "C",
		"timezone":                "UTC",
		"password_encryption":     "scram-sha-256",
	}
	if o.Unsafe {
		maps.Copy(all, map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
	}
	maps.Copy(all, o.Settings)
	args := make([]string, 0, 2*len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return args
}

// usualPlaces is where Debian, Red Hat, Homebrew and Postgres.app put the programs.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find is the folder with the initdb and postgres that Start would run, or a fault of kind Unavailable that says how to get
// them.
func Find() (string, error) { return binaries(usualPlaces) }

// binaries finds the folder with initdb and postgres: on the PATH, else the newest of the places.
func binaries(places []string) (string, error) {
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
		dirs = append(dirs, filepath.Dir(p))
	}
	var found []string
	for _, pattern := range places {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			continue // the patterns are constants and well formed
		}
		found = append(found, matches...)
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range append(dirs, found...) {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	return "", fault.New(fault.Unavailable, "no_postgres",
		"No PostgreSQL programs (initdb, postgres) were found on this machine.").In("pgserver.start").
		Hinted("Install them (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17), " +
			"or name a server that runs already with --postgres.")
}

// version is the last number in a path, 0 without one.
func version(dir string) int {
	digits := strings.FieldsFunc(dir, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, err := strconv.Atoi(digits[len(digits)-1])
	if err != nil {
		return 0
	}
	return n
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
