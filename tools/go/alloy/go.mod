module tools/alloy

go 1.26

require (
	github.com/grafana/alloy v1.18.1
	github.com/grafana/alloy/syntax v0.1.1
	github.com/prometheus/common v0.68.1
)
