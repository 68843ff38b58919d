package deadletter

import (
	"io"
	"net/http"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
)

// TestDeadConnection: an attempt without an answer is retried.
func TestDeadConnection(t *testing.T) {
	t.Parallel()
	queues, url, _ := open(t, 1)
	r := Open(newClient(awsclient.Configure(localtest.Config(queues.Proxy.URL)), 2*longPoll), url)
	queues.Proxy.Inject(faultproxy.Fault{
		Match: operation("ReceiveMessage"), Times: 1,
		Do: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
			_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client has gone
			<-r.Context().Done()
		},
	})
	letters, err := r.receive(t.Context(), 1)
	if err != nil || len(letters) != 1 {
		t.Errorf("got %d letters, %v", len(letters), err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
