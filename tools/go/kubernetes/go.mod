module tools/kubernetes

go 1.26

require (
	github.com/prometheus-operator/prometheus-operator v0.93.1
	k8s.io/kubernetes v1.36.3
)
