package testkit

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/seatflow/seatflow/services/kit/pgserver"
)

const (
	// imageVariable names the image to run; without it, a postgres image that is on the machine is taken.
	imageVariable = "SEATFLOW_TEST_POSTGRES_IMAGE"
	// watchVariable makes a test binary the watcher of the containers with the mark that it names; see watch.
	watchVariable = "SEATFLOW_TESTKIT_WATCH"
	// markLabel is the label whose value tells this binary's containers from all others.
	markLabel = "seatflow.testkit"

	pullableImage    = "postgres:17-alpine"
	postgresPort     = "5432/tcp"
	containerTimeout = 3 * time.Minute
	connectInterval  = 50 * time.Millisecond
)

// containerUsed is for the leak check.
var containerUsed atomic.Bool

func init() { //nolint:gochecknoinits // a watcher must not run the tests, whatever TestMain they have
	if mark := os.Getenv(watchVariable); mark != "" {
		os.Exit(watch(mark, os.Stdin)) //nolint:forbidigo // the process is a watcher and nothing else
	}
}

// silent keeps the container library from writing between the tests' lines.
type silent struct{}

func (silent) Printf(string, ...any) {}

// startContainer runs a Postgres container, if that can be done without waiting for what will not come.
func startContainer(ctx context.Context) (server, error) {
	docker, err := newEngine(ctx)
	if err != nil {
		return server{}, err
	}
	image, err := chooseImage(ctx, docker)
	if err != nil {
		return server{}, err
	}
	docker.configure()
	tclog.SetDefault(silent{})
	ctx, cancel := context.WithTimeoutCause(ctx, containerTimeout, errors.New("testkit: container timeout"))
	defer cancel()
	containerUsed.Store(true)
	mark := rand.Text()
	unwatch, err := startWatcher(mark)
	if err != nil {
		return server{}, err
	}
	const password = "seatflow-test" // loopback, and gone with the test
	c, err := testcontainers.Run(ctx, image,
		testcontainers.WithEnv(map[string]string{
			"POSTGRES_USER": pgserver.Superuser, "POSTGRES_PASSWORD": password, "POSTGRES_DB": "postgres",
		}),
		testcontainers.WithLabels(map[string]string{markLabel: mark}),
		testcontainers.WithCmd("postgres", "-c", "fsync=off", "-c", "max_connections=400"),
		testcontainers.WithExposedPorts(postgresPort),
		testcontainers.WithWaitStrategyAndDeadline(containerTimeout, wait.ForListeningPort(postgresPort)))
	var started server
	if err == nil {
		started, err = describe(ctx, c, image, password)
	}
	stop := func(ctx context.Context) error {
		return errors.Join(testcontainers.TerminateContainer(c, testcontainers.StopContext(ctx)), unwatch())
	}
	if err != nil {
		return server{}, errors.Join(err, stop(context.WithoutCancel(ctx)))
	}
	started.stop = stop
	return started, nil
}

// chooseImage takes the image that is asked for, else one on the machine, else one to be pulled if nothing else is left.
func chooseImage(ctx context.Context, docker *engine) (string, error) {
	if given := os.Getenv(imageVariable); given != "" {
		return given, nil
	}
	local, err := docker.images(ctx, "postgres")
	if err != nil {
		return "", err
	}
	if len(local) > 0 {
		return local[0], nil
	}
	if bin, err := pgserver.Find(); err == nil {
		return "", fmt.Errorf("the Docker engine has no postgres image, and there are programs in %s", bin)
	}
	return pullableImage, nil
}

// describe finds the container's address and waits until the server answers on it.
func describe(ctx context.Context, c testcontainers.Container, image, password string) (server, error) {
	host, err := c.Host(ctx)
	if err != nil {
		return server{}, err
	}
	port, err := c.MappedPort(ctx, postgresPort)
	if err != nil {
		return server{}, err
	}
	where := fmt.Sprintf("postgres://%s:%s@%s/postgres?sslmode=disable", pgserver.Superuser, password,
		net.JoinHostPort(host, port.Port()))
	ticker := time.NewTicker(connectInterval)
	defer ticker.Stop()
	for {
		err := execute(ctx, where, "SELECT 1")
		if err == nil {
			return server{url: where, what: "a container of " + image}, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return server{}, errors.Join(context.Cause(ctx), err)
		}
	}
}

// startWatcher runs this test binary a second time, to remove its containers once this process is gone, however it went:
// the kernel then closes the pipe that the watcher reads. It stands in for testcontainers' own reaper, which needs an
// image that cannot be had everywhere.
func startWatcher(mark string) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self) // no context: it outlives them all, that is what it is for
	cmd.Env = append(os.Environ(), watchVariable+"="+mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is not for it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() error { return errors.Join(pipe.Close(), cmd.Wait()) }, nil
}

// watch reads until the other end is closed, then removes the containers with the mark. It returns the exit code.
func watch(mark string, stdin io.Reader) int {
	_, _ = io.Copy(io.Discard, stdin) // an error is an end too
	ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout, errors.New("testkit: remove container"))
	defer cancel()
	docker, err := newEngine(ctx)
	if err == nil {
		err = docker.removeMarked(ctx, markLabel+"="+mark)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "testkit: a container was not removed:", err)
		return 1
	}
	return 0
}

// configure sets what testcontainers reads, unless somebody set it already.
func (e *engine) configure() {
	setDefault("TESTCONTAINERS_RYUK_DISABLED", "true") // see startWatcher
	if strings.HasPrefix(e.host, "unix://") {
		setDefault("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1") // it guesses wrong where /.dockerenv exists
	}
}

func setDefault(name, value string) {
	_ = os.Setenv(name, cmp.Or(os.Getenv(name), value)) // constant names, which cannot fail
}
