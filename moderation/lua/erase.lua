-- erase: text and name go, everywhere and for good; number, code and dates stay. Also for what never came.
-- KEYS: thread, message, decisions, the thread's first message, outbox, channel, the thread's replies, places…
-- Answer: OK erased | duplicate | tombstone, or MISSING, AGAIN.
local t, m, decisions, root_key, outbox, channel = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local first = 7 + #a.replies

local state, held, number, nonce, outcome, places =
  unpack(redis.call('HMGET', m, 'state', 'held', 'number', 'nonce', 'outcome', 'places'))
if nonce == a.nonce then
  return {'OK', outcome}
end
if not state then
  if not a.tombstone then
    return {'MISSING'}
  end
  redis.call('HSET', m, 'state', 'erased', 'nonce', a.nonce, 'outcome', 'tombstone')
  save_cursor(channel)
  return {'OK', 'tombstone'}
end
if state == 'erased' then
  save_cursor(channel)
  return {'OK', 'duplicate'}
end
if places ~= a.places or moved(t, 'root', 'replies') then
  return {'AGAIN'}
end

redis.call('HDEL', m, 'text', 'author_name', 'author_url', 'author_id', 'url', 'upstream', 'upstream_thread', 'hints', 'masks', 'mask_author',
  'ruling', 'undo', 'claim_by', 'claim_until')
redis.call('HSET', m, 'state', 'erased', 'held', '', 'decided_at', a.now, 'nonce', a.nonce, 'outcome', 'erased')
redis.call('DEL', decisions)
cancel_replies(a.id, outbox, 6, a.replies)
for i = 1, #a.replies do
  local r = KEYS[6 + i]
  local message, gone = unpack(redis.call('HMGET', r, 'message', 'retracted_at'))
  if message == a.id then -- an answer quotes and names whom it answers, and so may its address
    redis.call('HDEL', r, 'text', 'owner', 'because', 'delivery_url')
    redis.call('HSET', r, 'retracted_at', gone or a.now)
  end
end
move(first, a.id, number, state, held, 'erased', '')
local version = redis.call('HINCRBY', t, 'version', 1)
for place, base in each_place(first) do
  enter(base, place, m, 'erased', a.code, a.by, a.via)
  tell_desk(base, 'message.erased', a.id, version)
end
settle(first, root_key, version)
save_cursor(channel)
return {'OK', 'erased'}
