/* SPDX-License-Identifier: Apache-2.0 */
/* The names of sessions: the same in every format that tells of them. */
#ifndef INPUT_LEASE_SESSION_H
#define INPUT_LEASE_SESSION_H

#include "base/hash.h"
#include "model/lease.h"

/* 0 means none. */
static inline uint64_t
lease_name_of(uint64_t hash)
{
	return hash ? hash : 1;
}

static inline uint64_t
lease_nas(struct str nas)
{
	return nas.n ? lease_name_of(hash_str(nas, 0)) : 0;
}

/* RFC 2866, 5.5: an Acct-Session-Id is unique on its NAS. */
static inline uint64_t
lease_radius_session(struct str nas, struct str id)
{
	return lease_name_of(hash_str(id, hash_str(nas, 1)));
}

/* DHCP has no sessions: what is said of an address, in order, tells who had it
 * until when. */
#define LEASE_DHCP_SESSION UINT64_C(2)

#endif
