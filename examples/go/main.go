// A Go service with tracing in its code, because a tracer cannot be injected into a Go program at startup.
//
// datadogEnv sets the agent's address, the service, the environment and the version.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
	slogtrace "github.com/DataDog/dd-trace-go/contrib/log/slog/v2"
	httptrace "github.com/DataDog/dd-trace-go/contrib/net/http/v2"
	"github.com/DataDog/dd-trace-go/v2/ddtrace/tracer"
	"github.com/DataDog/dd-trace-go/v2/profiler"
)

// metrics sends custom DogStatsD metrics. It does nothing until main creates a client.
var metrics statsd.ClientInterface = &statsd.NoOpClient{}

func main() {
	if err := tracer.Start(); err != nil {
		log.Printf("tracing is disabled: %v", err)
	}
	// Stop sends the buffered spans.
	defer tracer.Stop()
	// Does nothing while DD_PROFILING_ENABLED is false.
	if err := profiler.Start(); err != nil {
		log.Printf("profiling is disabled: %v", err)
	}
	defer profiler.Stop()
	if client, err := statsd.New(""); err != nil {
		log.Printf("metrics are disabled: %v", err)
	} else {
		metrics = client
		defer client.Close()
	}
	// Adds the trace to each log line that has a context.
	slog.SetDefault(slog.New(slogtrace.WrapHandler(slog.NewJSONHandler(os.Stdout, nil))))

	routes := httptrace.NewServeMux()
	routes.HandleFunc("GET /seats/{seat}", reserve)
	server := &http.Server{Addr: address(), Handler: routes, ReadHeaderTimeout: 5 * time.Second}
	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-stopped.Done()
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Print(err)
	}
}

func reserve(response http.ResponseWriter, request *http.Request) {
	// A custom span inside the request's span.
	span, ctx := tracer.StartSpanFromContext(request.Context(), "seats.reserve")
	defer span.Finish()
	slog.InfoContext(ctx, "seat reserved")
	_ = metrics.Incr("tickets.seats_reserved", nil, 1)
	fmt.Fprintf(response, `{"seat": %q}`, request.PathValue("seat"))
}

func address() string {
	if address := os.Getenv("ADDRESS"); address != "" {
		return address
	}
	return ":8080"
}
