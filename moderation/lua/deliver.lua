-- deliver: one step of a reply on its way to where the customer wrote.
-- KEYS: reply, outbox, thread, message, echo (the message that our own post would become), places…
-- Answer: OK state, or MISSING, CONFLICT (it is not in a state from which this may happen).
local r, outbox, t, m, echo = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local first = 6
local FROM = {
  take = {queued = true},
  look = {sending = true, unknown = true},
  delivered = {sending = true, unknown = true},
  failed = {sending = true, unknown = true},
  unknown = {sending = true, unknown = true},
  again = {sending = true, unknown = true},
  cancel = {queued = true},
}
local TO = {
  take = 'sending', look = 'unknown', delivered = 'delivered', failed = 'failed', unknown = 'unknown',
  again = 'queued', cancel = 'cancelled',
}

local state, nonce = unpack(redis.call('HMGET', r, 'delivery', 'delivery_nonce'))
if not state then
  return {'MISSING'}
end
if nonce == a.nonce then
  return {'OK', state}
end
if not FROM[a.what][state] then
  return {'CONFLICT', state}
end
if a.what == 'take' or a.what == 'look' then
  -- The score is also the lease: whoever takes it moves it, so nobody else finds it due.
  local due = redis.call('ZSCORE', outbox, a.reply)
  if not due or tonumber(due) > tonumber(a.now) then
    return {'CONFLICT', state}
  end
end

local to = TO[a.what]
local stands = redis.call('HGET', m, 'state')
if a.what == 'again' and (stands == 'withdrawn' or stands == 'erased') then -- it has not left after all: nor does it now
  to, a.due = 'cancelled', nil
end
if stands == 'erased' then
  a.url = nil -- some channels put the author's words into it
end
redis.call('HSET', r, 'delivery', to, 'delivery_nonce', a.nonce)
if a.what == 'take' then
  redis.call('HINCRBY', r, 'tries', 1)
  redis.call('HDEL', r, 'looks', 'absent')
elseif a.what == 'look' then
  redis.call('HINCRBY', r, 'looks', 1)
elseif a.absent then
  redis.call('HINCRBY', r, 'absent', 1)
end
for _, name in ipairs({'url', 'error'}) do
  if a[name] then
    redis.call('HSET', r, 'delivery_' .. name, a[name])
  else
    redis.call('HDEL', r, 'delivery_' .. name)
  end
end
if a.due then
  redis.call('ZADD', outbox, a.due, a.reply)
else
  redis.call('ZREM', outbox, a.reply)
end
if a.upstream then
  -- Our own post is no message: if a walk brings it back, it meets this.
  redis.call('HSET', r, 'delivery_upstream', a.upstream)
  if redis.call('EXISTS', echo) == 0 then
    redis.call('HSET', echo, 'state', 'erased', 'outcome', 'tombstone')
  end
end
local version = redis.call('HGET', t, 'version')
for _, base in each_place(first) do
  tell_desk(base, 'message.replied', a.id, version)
end
return {'OK', to}
