;; y += W x in float32. Four rows at once, eight columns at once: eight sums are enough to keep the multipliers busy.
;; W is in panels of four rows, one after another: of each row four numbers, then the next four of each. The number of
;; rows is a multiple of 4, that of the columns a multiple of 8, and what fills them up is 0. All addresses are in bytes;
;; $row is the bytes of x.
(module
  (import "page" "memory" (memory 1))
  (func (export "multiply") (param $w i32) (param $x i32) (param $y i32) (param $rows i32) (param $row i32)
    (local $at i32) (local $end i32) (local $last i32)
    (local $x0 v128) (local $x1 v128)
    (local $a0 v128) (local $a1 v128) (local $a2 v128) (local $a3 v128)
    (local $b0 v128) (local $b1 v128) (local $b2 v128) (local $b3 v128)
    local.get $x
    local.get $row
    i32.add
    local.set $end
    local.get $y
    local.get $rows
    i32.const 2
    i32.shl
    i32.add
    local.set $last
    loop $four
      v128.const i32x4 0 0 0 0
      local.tee $a0
      local.tee $a1
      local.tee $a2
      local.tee $a3
      local.tee $b0
      local.tee $b1
      local.tee $b2
      local.set $b3
      local.get $x
      local.set $at
      loop $columns
        local.get $at
        v128.load
        local.set $x0
        local.get $at
        v128.load offset=16
        local.set $x1

        local.get $w
        v128.load
        local.get $x0
        f32x4.mul
        local.get $a0
        f32x4.add
        local.set $a0
        local.get $w
        v128.load offset=16
        local.get $x0
        f32x4.mul
        local.get $a1
        f32x4.add
        local.set $a1
        local.get $w
        v128.load offset=32
        local.get $x0
        f32x4.mul
        local.get $a2
        f32x4.add
        local.set $a2
        local.get $w
        v128.load offset=48
        local.get $x0
        f32x4.mul
        local.get $a3
        f32x4.add
        local.set $a3
        local.get $w
        v128.load offset=64
        local.get $x1
        f32x4.mul
        local.get $b0
        f32x4.add
        local.set $b0
        local.get $w
        v128.load offset=80
        local.get $x1
        f32x4.mul
        local.get $b1
        f32x4.add
        local.set $b1
        local.get $w
        v128.load offset=96
        local.get $x1
        f32x4.mul
        local.get $b2
        f32x4.add
        local.set $b2
        local.get $w
        v128.load offset=112
        local.get $x1
        f32x4.mul
        local.get $b3
        f32x4.add
        local.set $b3

        local.get $w
        i32.const 128
        i32.add
        local.set $w
        local.get $at
        i32.const 32
        i32.add
        local.tee $at
        local.get $end
        i32.lt_u
        br_if $columns
      end

      ;; each sum across its vector: the four rows side by side, at first two halves of a0 beside two of a1
      local.get $a0
      local.get $b0
      f32x4.add
      local.tee $a0
      local.get $a1
      local.get $b1
      f32x4.add
      local.tee $a1
      i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
      local.get $a0
      local.get $a1
      i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
      f32x4.add
      local.set $a0
      local.get $a2
      local.get $b2
      f32x4.add
      local.tee $a2
      local.get $a3
      local.get $b3
      f32x4.add
      local.tee $a3
      i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
      local.get $a2
      local.get $a3
      i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
      f32x4.add
      local.set $a2

      local.get $y
      local.get $y
      v128.load
      local.get $a0
      local.get $a2
      i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
      local.get $a0
      local.get $a2
      i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
      f32x4.add
      f32x4.add
      v128.store

      local.get $y
      i32.const 16
      i32.add
      local.tee $y
      local.get $last
      i32.lt_u
      br_if $four
    end
  )
)
