-- claim: a moderator's short lease on a message, or its release. Advice to colleagues, never needed to decide.
-- KEYS: message, thread, places…
-- Answer: OK, or MISSING, CONFLICT (a colleague holds it).
local m, t = KEYS[1], KEYS[2]
local first = 3

local state, by, until_, nonce = unpack(redis.call('HMGET', m, 'state', 'claim_by', 'claim_until', 'claim_nonce'))
if not state or state == 'erased' then
  return {'MISSING'}
end
if by and by ~= a.actor and tonumber(until_) > tonumber(a.now) then
  return {'CONFLICT'}
end
if nonce == a.nonce then
  return {'OK', '0'}
end
if a.what == 'claim' then
  redis.call('HSET', m, 'claim_by', a.actor, 'claim_until', a['until'], 'claim_nonce', a.nonce)
elseif by then
  redis.call('HDEL', m, 'claim_by', 'claim_until')
else
  return {'OK', '0'}
end
local version = redis.call('HGET', t, 'version')
for _, base in each_place(first) do
  tell_desk(base, a.what == 'claim' and 'message.claimed' or 'message.released', a.id, version)
end
return {'OK', version}
