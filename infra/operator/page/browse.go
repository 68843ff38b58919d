package page

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"sdtasktracker/infra/loopback"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
)

// Browse is the subcommand that serves the page until Ctrl-C.
type Browse struct {
	Port int `default:"0" placeholder:"N" help:"The port of 127.0.0.1, as for an SSH tunnel (default: a free port)."`
}

// Help is the rest of the help text.
func (Browse) Help() string {
	return `browse opens a page in your browser, and prints its URL. The page shows images, tasks, failures and their
reasons, dead letters, and activity. It refreshes itself, and changes nothing in AWS. Until you press Ctrl-C, anybody on
this machine who has the URL sees what you see. Examples:

    sdtasks browse
    sdtasks browse --port 8080`
}

// Run runs the subcommand.
func (c *Browse) Run(ctx context.Context, p *output.Printer, finder *deployment.Finder, clock command.Clock) error {
	s, err := open(ctx, "browse", finder, clock)
	if err != nil {
		return err
	}
	token, once := rand.Text(), rand.Text()
	server, err := loopback.ServePage(c.Port, newHandler(s, token, once))
	if err != nil {
		return fmt.Errorf("serve the page: %w", err)
	}
	defer func() { _ = server.Close() }()
	p.Printf("%s/%s/\n", server.URL, token)
	p.Progressf("Ctrl-C ends it.\n")
	if p.Watched {
		openBrowser(server.URL + "/" + once)
	}
	<-ctx.Done()
	return nil
}

// openBrowser opens a URL if the machine has a desktop.
func openBrowser(url string) {
	var program *exec.Cmd
	switch {
	case runtime.GOOS == "darwin":
		program = exec.Command("open", url)
	case runtime.GOOS == "windows":
		program = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	case os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "":
		program = exec.Command("xdg-open", url)
	default:
		return
	}
	if program.Start() == nil {
		go func() { _ = program.Wait() }()
	}
}
