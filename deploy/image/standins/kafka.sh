#!/bin/bash
# Begins as the official image does: Kafka's own wrapper makes the settings from the environment and formats the storage.
set -euo pipefail
config=/opt/kafka/config
# shellcheck disable=SC2206 - several arguments
java=(java ${KAFKA_HEAP_OPTS:-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1
    -Dlog4j2.configurationFile=/etc/kafka/docker/log4j2.properties -cp "/opt/kafka/libs/*")

said=$("${java[@]}" kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
    --mounted-configs-dir /mnt/shared/config --final-configs-dir "$config" 2>&1) ||
    grep --ignore-case --quiet "already formatted" <<< "$said" || { echo "$said"; exit 1; }
exec "${java[@]}" kafka.Kafka "$config/server.properties"
