/* SPDX-License-Identifier: MIT */
/*
 * What a service manager is told: systemd's protocol, one datagram per state
 * to the socket that $NOTIFY_SOCKET names, without libsystemd. Called by the
 * supervisor and by nobody else; one thread. Without a service manager, and
 * where one does not listen, nothing happens: telling it is never worth an
 * error or a wait.
 */
#ifndef X0F_ENGINE_NOTIFY_H
#define X0F_ENGINE_NOTIFY_H

/*
 * Takes the socket and the watchdog's interval out of the environment, so that
 * children do not have them. Before the first fork, and before the network
 * namespace is changed: an abstract socket belongs to one.
 */
void notify_open(void);
/* In a child, and at the end. */
void notify_close(void);

/* status: one line for people, what systemctl status shows. */
void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_status(const char *status);

/*
 * To be called often, as long as all is well: keeps the watchdog from biting.
 * It says so twice in each interval of the watchdog, if there is one.
 */
void notify_alive(void);

#endif
