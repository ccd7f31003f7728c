-- consent: the customer of a private chat agreed, or took it back: all turns of the thread at once.
-- KEYS: thread, the thread's first message, each member, places…
-- Answer: OK changed, or AGAIN. What was said before any turn came holds for those to come.
local t, root_key = KEYS[1], KEYS[2]
local first = 3 + #a.members

if moved(t, 'root', 'members') then
  return {'AGAIN'}
end
local since, said = unpack(redis.call('HMGET', t, 'consent_at', 'consent'))
local late = since and tonumber(a.at) - tonumber(since)
-- A later word is known: deliveries come out of order. Of two at one moment, taking it back holds.
if late and (late < 0 or (late == 0 and (a.consent == 'given' or said ~= 'given'))) then
  return {'OK', 0}
end

local changed = {}
for i, id in ipairs(a.members) do
  local state, held, number, consent = unpack(redis.call('HMGET', KEYS[2 + i], 'state', 'held', 'number', 'consent'))
  local private = consent and consent ~= 'not_needed'
  if state and state ~= 'erased' and private and consent ~= a.consent then
    local gives = a.consent == 'given'
    if gives then -- a refused one too: it may be approved after all
      changed[#changed + 1] = {i = i, id = id, state = state, held = held, number = number, to = state,
        to_held = held == 'consent' and '' or held}
    else
      changed[#changed + 1] =
        {i = i, id = id, state = state, held = held, number = number, to = 'pending', to_held = 'consent'}
    end
  end
end
redis.call('HSET', t, 'consent', a.consent, 'consent_at', a.at)
if #changed == 0 then
  return {'OK', 0}
end

local version = redis.call('HINCRBY', t, 'version', 1)
for _, one in ipairs(changed) do
  local m = KEYS[2 + one.i]
  redis.call('HSET', m, 'state', one.to, 'held', one.to_held, 'consent', a.consent, 'consent_at', a.at)
  redis.call('HDEL', m, 'undo', 'claim_by', 'claim_until')
  move(first, one.id, one.number, one.state, one.held, one.to, one.to_held)
  for place, base in each_place(first) do
    enter(base, place, m, a.consent == 'given' and 'consented' or 'unconsented', nil, nil, 'channel')
    tell_desk(base, 'message.edited', one.id, version)
  end
end
settle(first, root_key, version)
return {'OK', #changed}
