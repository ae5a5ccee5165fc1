package seatflow_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seatflow/seatflow/services/kit/config"
	"github.com/seatflow/seatflow/services/seatflow/internal/cli"
	"github.com/seatflow/seatflow/services/seatflow/internal/up"
)

// typedAs names the program that this test program stands for when docs/vendor-lanes.md is typed.
const typedAs = "SEATFLOW_TEST_TYPED_AS"

// lanesTime bounds the typing of the whole page.
const lanesTime = 10 * time.Minute

// block is a block of commands of the page, and what it must say.
type block struct {
	line     int
	commands string
	said     []string
}

// sitting is what is typed while Seatflow runs with the same settings.
type sitting struct {
	flags  []string // beside the usual ones
	blocks []block
}

// sittings reads the page's commands. Seatflow is started anew where the page says how.
func sittings(page string) []sitting {
	out := []sitting{{}}
	inside := false
	for i, line := range strings.Split(page, "\n") {
		said, expected := strings.CutPrefix(line, "# → ")
		flags, starts := strings.CutPrefix(line, "bin/seatflow up ")
		now := &out[len(out)-1]
		switch {
		case line == "```sh":
			inside, now.blocks = true, append(now.blocks, block{line: i + 1})
		case line == "```":
			inside = false
		case starts && !inside:
			out = append(out, sitting{flags: strings.Fields(flags)})
		case inside && expected:
			b := &now.blocks[len(now.blocks)-1]
			b.said = append(b.said, said)
		case inside:
			now.blocks[len(now.blocks)-1].commands += line + "\n"
		}
	}
	return out
}

// TestVendorLanes types docs/vendor-lanes.md from top to bottom, as it asks people to, and starts Seatflow anew where it says so.
func TestVendorLanes(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "vendor-lanes.md"))
	if err != nil {
		t.Fatal(err)
	}
	postgres, prefix := databases(t)
	data := t.TempDir()
	all := sittings(string(page))
	words := all[0].blocks[0] // what the rest of the page is typed with
	for _, s := range all {
		var program struct {
			Up up.Config `cmd:""`
		}
		if _, _, err := config.LoadCommand("seatflow", "", &program, append([]string{"up"}, s.flags...), io.Discard); err != nil {
			t.Fatalf("bin/seatflow up %s: %v", strings.Join(s.flags, " "), err)
		}
		program.Up.Data, program.Up.Postgres, program.Up.Prefix = data, config.URL(postgres), prefix
		at, stop := startUntil(t, program.Up)
		typePage(t, data, at.Partnersim, words, s.blocks)
		stop()
	}
}

// typePage types blocks of the page, and looks for what each must say.
func typePage(t *testing.T, data, vendor string, words block, all []block) {
	t.Helper()
	var script strings.Builder
	if all[0].line != words.line {
		script.WriteString(words.commands)
	}
	for i, b := range all {
		fmt.Fprintf(&script, "echo '@@ %d'\n%s", i, b.commands)
	}
	typed := strings.ReplaceAll(script.String(), "http://127.0.0.1:8090", vendor)
	ctx, cancel := context.WithTimeout(t.Context(), lanesTime)
	defer cancel()
	said, failed := typeIn(ctx, t, data, typed)
	parts := regexp.MustCompile(`(?m)^@@ \d+\n`).Split(said, -1)[1:]
	for i, part := range parts {
		for _, want := range all[i].said {
			if !strings.Contains(part, want) {
				t.Errorf("docs/vendor-lanes.md:%d: nothing says %q:\n%s", all[i].line, want, part)
			}
		}
	}
	if failed != nil && len(parts) > 0 {
		t.Fatalf("docs/vendor-lanes.md:%d: %v\n%s", all[len(parts)-1].line, failed, parts[len(parts)-1])
	}
	if failed != nil || len(parts) != len(all) {
		t.Fatalf("%d of %d blocks were typed: %v\n%s", len(parts), len(all), failed, said)
	}
}

// typeIn has a shell read the script in a folder of its own, in which bin/seatflow and curl are this test program.
func typeIn(ctx context.Context, t *testing.T, data, script string) (said string, failed error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"seatflow", "curl"} {
		text := fmt.Sprintf("#!/bin/sh\n%s=%s exec '%s' \"$@\"\n", typedAs, name, self)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	shell := exec.CommandContext(ctx, "sh", "-e")
	shell.Dir, shell.Stdin, shell.Stdout, shell.Stderr = dir, strings.NewReader(script), &out, &out
	shell.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "SEATFLOW_DATA="+data)
	failed = shell.Run()
	return out.String(), failed
}

// typed is what this program does when the page's shell runs it.
func typed(as string, args []string) error {
	if as == "curl" {
		return curl(context.Background(), args, os.Stdout)
	}
	var program struct {
		Token  cli.Token  `cmd:""`
		Orders cli.Orders `cmd:""`
		Vendor cli.Vendor `cmd:""`
	}
	command, _, err := config.LoadCommand("seatflow", "", &program, args, os.Stdout)
	if err != nil {
		return err
	}
	switch word, _, _ := strings.Cut(command, " "); word {
	case "token":
		return program.Token.Run(context.Background(), os.Stdout)
	case "vendor":
		return program.Vendor.Run(context.Background(), command, os.Stdout)
	default:
		return program.Orders.Run(context.Background(), command, os.Stdout)
	}
}

// curl is as much of curl as the page needs.
func curl(ctx context.Context, args []string, out io.Writer) error {
	var url, method string
	var data []string
	headers := http.Header{}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-s":
		case args[i] == "-X" && i+1 < len(args):
			i++
			method = args[i]
		case args[i] == "-d" && i+1 < len(args):
			i++
			data = append(data, args[i])
		case args[i] == "-H" && i+1 < len(args):
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			headers.Set(name, value)
		default:
			url = args[i]
		}
	}
	if method == "" && len(data) > 0 {
		method = http.MethodPost
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(strings.Join(data, "&")))
	if err != nil {
		return err
	}
	req.Header = headers
	if len(data) > 0 && headers.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(out, res.Body)
	return err
}
